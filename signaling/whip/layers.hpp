// What a viewer can choose from, and what it chose: the video layer selection of the WHEP draft
// (draft-murillo-whep, section 4.6.2). Pure.
#pragma once

#include "signaling/base/result.hpp"

#include <glib.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtc::whip {

// One encoding of a media section.
struct Layer {
    std::string id;
    guint width = 0, height = 0; // pixels; 0: not known
    guint bitrate = 0;           // bit/s

    bool operator==(const Layer&) const = default;
};
using Layers = std::map<guint, std::vector<Layer>>; // by m-line, the best first

// The data of the event "layers": for each mid what can be had. "" where there is no choice.
std::string to_json(const Layers& layers, std::span<const std::string> mids);

struct LayerWish {
    guint mline = 0;
    std::string layer; // "": as the network has it
};
// {"mediaId": "0", "encodingId": "1"}; without mediaId the first section with a choice is meant,
// without encodingId (or rid) the choice is the host's again.
Result<LayerWish> read_layer_wish(std::string_view json, const Layers& layers,
                                  std::span<const std::string> mids);

} // namespace rtc::whip
