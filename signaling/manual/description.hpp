// A session description as people carry it about: plain SDP, the JSON of a browser's
// RTCSessionDescription, or that as one line of base64. Pure.
#pragma once

#include "signaling/base/result.hpp"
#include "signaling/lib/rtcsignaling.h"

#include <string>
#include <string_view>
#include <vector>

namespace rtc::manual {

enum class Form {
    line, // base64 of the JSON, on one line: what people paste into a chat
    json, // {"type": "offer", "sdp": "…"}, on one line
    sdp,  // as it is; its type is not in it
};

struct Description {
    GstWebRTCSDPType type = GST_WEBRTC_SDP_TYPE_OFFER; // offer or answer
    std::string sdp;
    bool operator==(const Description&) const = default;
};

// With a line end at its end.
std::string to_text(const Description& description, Form form);

// A description in any of the forms; `plain` is the type of one that comes as SDP alone. Base64 may
// be broken into lines, as chats and mail do, and be of the URL's alphabet.
Result<Description> parse(std::string_view text, GstWebRTCSDPType plain);

// Takes descriptions out of a stream of bytes. JSON and base64 end with their line; SDP ends with
// an empty line; each also with the end of the stream.
class Reader {
public:
    // Whole texts, to be parsed; what is over 128 KiB without an end is thrown away.
    std::vector<std::string> feed(std::string_view bytes);
    // The end of the stream: the text that is left, or "".
    std::string finish();

private:
    std::string line_; // the beginning of one
    std::string text_; // lines of SDP so far
};

} // namespace rtc::manual
