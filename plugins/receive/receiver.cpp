#include "plugins/receive/receiver.hpp"

#include "plugins/receive/track.hpp"

#include <thread>

namespace rtc {
namespace {

// The owner's hold on a track: when it goes, the track stops, whoever else is just using it.
class TrackReceiver : public Receiver {
public:
    explicit TrackReceiver(std::shared_ptr<ReceivedTrack> track)
        : track_(std::move(track)) {}
    ~TrackReceiver() override { track_->close(); }

    void finish() override { track_->finish(); }
    void finish_soon() override {
        std::thread([track = track_] { track->finish(); }).detach();
    }

private:
    const std::shared_ptr<ReceivedTrack> track_;
};

} // namespace

std::shared_ptr<Receiver> Receiver::create(GstBin* bin, GstPad* rtp_pad, GstPad* output,
                                           Parameters parameters) {
    return std::make_shared<TrackReceiver>(
        ReceivedTrack::create(bin, rtp_pad, output, std::move(parameters)));
}

} // namespace rtc
