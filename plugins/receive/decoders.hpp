// Which decoders GStreamer's registry has for a codec.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/base/refs.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace rtc {

// The decoders of a codec, best rank first; none of rank "none", which are not meant to be chosen
// without being asked for.
std::vector<Ref<GstElementFactory>> decoders_for(const Codec& codec);

// The first decoder that gives what a peer with these caps takes, is not one of `unwanted`, and
// reaches READY, so its hardware and its driver are there. In READY; nullptr where there is none.
Ref<GstElement> make_decoder(const Codec& codec, const GstCaps* peer_caps,
                             const std::set<std::string>& unwanted);

// Whether pictures with these caps are of a size that somebody may send: a few bytes in a header
// can ask for gigabytes. What doesn't tell its size passes.
bool is_decodable_size(const GstCaps* caps);

// Keeps pictures of other sizes from a decoder. Tells of each that is dropped, and whether it is
// the first of its size, on the streaming thread. Before data flows.
using Oversize = std::function<void(const std::string& text, bool first)>;
void limit_pictures(GstElement* decoder, Oversize oversize);

} // namespace rtc
