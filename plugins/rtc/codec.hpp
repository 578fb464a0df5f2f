// The codec table: one row per codec that can travel over RTP in a session. Pure, but for
// asking the registry whether the elements of a row are installed.
#pragma once

#include "signaling/base/refs.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtc {

enum class Kind { audio, video };

const char* to_string(Kind kind); // "audio", "video": the media field of SDP and of RTP caps

struct Codec {
    const char* name; // encoding name as SDP writes it: "H264", "VP8", "opus", "PCMU"
    Kind kind;
    guint clock_rate;         // Hz
    guint channels;           // audio: as in a=rtpmap; 0 for video and where it is left out
    int static_payload_type;  // RFC 3551, or -1
    const char* encoded_caps; // what parsed media of it looks like in a pipeline
    const char* depayloader;  // factory names
    const char* parser;       // nullptr where GStreamer has none
    const char* payloader;
    const char* default_fmtp; // what an offer of ours says, or ""

    bool is(std::string_view other_name) const; // names compare without case (RFC 4855)
    bool can_receive() const;                   // its depayloader is installed
    bool can_send() const;                      // its payloader is installed
};

std::span<const Codec> codecs();
// What a pad for media of this kind may carry: raw, encoded, and RTP where that is asked for.
Ref<GstCaps> template_caps(Kind kind, bool with_rtp);
const Codec* find_codec(std::string_view name);
// The row whose encoded_caps these caps are, or nullptr.
const Codec* find_codec_for_caps(const GstCaps* caps);
// Splits "VP8, H264" into rows, in that order; an unknown name is an error worth telling.
std::optional<std::vector<const Codec*>> parse_codec_list(std::string_view list, Kind kind,
                                                          std::string* unknown);

} // namespace rtc
