#include "signaling/whip/layers.hpp"

#include "signaling/base/json.hpp"

#include <algorithm>

namespace rtc::whip {

std::string to_json(const Layers& layers, std::span<const std::string> mids) {
    JsonWriter json;
    bool any = false;
    for (const auto& [mline, list] : layers) {
        if (mline >= mids.size() || list.size() < 2)
            continue;
        any = true;
        json.begin_object(mids[mline].c_str());
        // The draft tells of encodings, and again of the layers that they have: one each, here.
        for (auto [name, id] : {std::pair("active", "id"), std::pair("layers", "encodingId")}) {
            json.begin_array(name);
            for (const auto& layer : list) {
                json.begin_object().text(id, layer.id).integer("bitrate", layer.bitrate);
                if (layer.width)
                    json.integer("width", layer.width);
                if (layer.height)
                    json.integer("height", layer.height);
                json.end_object();
            }
            json.end_array();
        }
        json.end_object();
    }
    return any ? json.finish() : "";
}

Result<LayerWish> read_layer_wish(std::string_view json, const Layers& layers,
                                  std::span<const std::string> mids) {
    auto read = JsonValue::parse(json, 4, 50);
    if (!read)
        return Error{"the body must be JSON: {\"mediaId\": \"0\", \"encodingId\": \"1\"}"};
    auto media = read->text("mediaId");
    auto id = read->text("encodingId").value_or(read->text("rid").value_or(""));
    for (const auto& [mline, list] : layers) {
        if (mline >= mids.size() || (media && mids[mline] != *media))
            continue;
        if (id.empty() || std::ranges::find(list, id, &Layer::id) != list.end())
            return LayerWish{mline, id};
    }
    return Error{"there is no such layer; the event \"layers\" tells which there are"};
}

} // namespace rtc::whip
