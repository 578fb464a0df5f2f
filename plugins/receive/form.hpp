// In which form a received track goes on: as RTP, encoded and parsed, or raw. Pure.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/base/refs.hpp"

#include <optional>

namespace rtc {

enum class Form { encoded, rtp, raw };

const char* to_string(Form form); // "encoded", "RTP", "raw": for messages

// The caps of the codec's media in a form, as wide as they may be.
Ref<GstCaps> caps_of(const Codec& codec, Form form);

// The caps of every form that can be had, encoded first, raw only if it can be decoded.
Ref<GstCaps> offered_caps(const Codec& codec, bool can_decode);

// The form that suits a peer with these caps, the cheapest that does: encoded (ANY takes it too),
// else RTP, else raw. Nothing where the peer takes none of them.
std::optional<Form> choose_form(const Codec& codec, const GstCaps* peer_caps);

} // namespace rtc
