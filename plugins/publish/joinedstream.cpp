#include "plugins/publish/joinedstream.hpp"

#include "plugins/publish/laddersubscription.hpp"

#include <algorithm>

namespace rtc {
namespace {

using Parts = std::vector<std::weak_ptr<InputStream>>;

bool gives(const InputStream& stream, const Codec& codec) {
    return stream.live() && std::ranges::any_of(stream.offers(), [&](const auto& offer) {
               return offer.codec == &codec;
           });
}

// What each takes; not to be had: more than any network carries.
Ladder measure(const Parts& parts, const Codec& codec) {
    Ladder ladder;
    for (const auto& part : parts) {
        auto stream = part.lock();
        ladder.push_back(stream && gives(*stream, codec) ? stream->rung(codec)
                                                         : Rung{0, no_bitrate});
    }
    return ladder;
}

} // namespace

RungName read_rung_name(const std::string& pad) {
    auto first = pad.find('_'), last = pad.rfind('_');
    if (first == last)
        return {pad};
    return {pad.substr(0, last), guint(g_ascii_strtoull(pad.c_str() + last + 1, nullptr, 10))};
}

bool JoinedStream::live() const {
    return std::ranges::any_of(rungs_, [](const auto& rung) { return rung->live(); });
}

std::vector<Stream::Offer> JoinedStream::offers() const {
    for (const auto& rung : rungs_)
        if (rung->live())
            return rung->offers();
    return {};
}

std::unique_ptr<Subscription> JoinedStream::subscribe(const Codec& codec,
                                                      const SendParameters& parameters,
                                                      std::shared_ptr<Transport> transport) {
    if (rungs_.size() == 1) // it numbers what is left of itself
        return rungs_.front()->subscribe(codec, parameters, std::move(transport));
    Parts parts(rungs_.begin(), rungs_.end());
    auto open = [parts, &codec](size_t rung, const SendParameters& own,
                                std::shared_ptr<Transport> gate) {
        auto stream = parts[rung].lock();
        return stream ? stream->subscribe(codec, own, std::move(gate)) : nullptr;
    };
    return subscribe_to_ladder([parts, &codec] { return measure(parts, codec); }, parameters,
                               std::move(transport), open);
}

} // namespace rtc
