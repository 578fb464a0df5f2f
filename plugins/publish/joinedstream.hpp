// Several input streams of one picture, encoded already, as one stream: its rungs, the best first.
// Each viewer gets the one that their network carries, by what the rungs take (their most in two
// seconds of the last ten).
//
// A rung that has ended, or is of another codec, is passed over while that is so.
//
// Life: made for a moment, to subscribe; subscriptions keep the parts weakly. Any thread.
#pragma once

#include "plugins/publish/stream.hpp"

namespace rtc {

// A pad "video_0" or "video_0_1": the stream that it belongs to, and its rung there.
struct RungName {
    std::string stream;
    guint rung = 0;
};
RungName read_rung_name(const std::string& pad);

class JoinedStream : public Stream {
public:
    JoinedStream(std::string id, std::vector<std::shared_ptr<InputStream>> rungs)
        : id_(std::move(id))
        , rungs_(std::move(rungs)) {}

    Kind kind() const override { return rungs_.front()->kind(); }
    const std::string& id() const override { return id_; }
    bool live() const override;
    std::vector<Offer> offers() const override; // of the first rung that is live
    std::unique_ptr<Subscription> subscribe(const Codec& codec, const SendParameters& parameters,
                                            std::shared_ptr<Transport> transport) override;

private:
    const std::string id_;
    const std::vector<std::shared_ptr<InputStream>> rungs_; // not empty
};

} // namespace rtc
