// Which decoders GStreamer's registry has for a codec.
#pragma once

#include "plugins/rtc/codec.hpp"
#include "signaling/base/refs.hpp"

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

} // namespace rtc
