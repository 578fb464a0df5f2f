// One packetised stream to any number of subscribers.
//
// A source (the sink at the end of a branch) brings each packet once. Every subscriber gets it with
// a header of its own before the shared payload memory.
//
// Life: made with the first use of a codec; outlives the branches that feed it, so that subscribers
// go on when an encoder is replaced. begin() makes a source the current one; packets of any other
// are dropped.
//
// Threads: packet() and flush() on the source's streaming thread; the rest on any. A transport is
// called on the streaming thread under the subscriber's own lock and no other. Destroying the
// subscription waits for that lock; so a transport must not wait for a lock that another thread may
// hold while it destroys the subscription. A transport may destroy its own subscription.
#pragma once

#include "plugins/bandwidth/ratemeter.hpp"
#include "plugins/publish/history.hpp"
#include "plugins/publish/keyframes.hpp"
#include "plugins/publish/keyframestart.hpp"
#include "plugins/publish/layerfinder.hpp"
#include "plugins/publish/publisher.hpp"
#include "plugins/publish/thinner.hpp"

#include <array>
#include <functional>
#include <mutex>

namespace rtc {

class Fanout : public std::enable_shared_from_this<Fanout> {
public:
    struct Settings {
        Keyframes::Settings keyframes;
        History::Limits history;
        GstClockTime idle = 10 * GST_SECOND; // without subscribers for this: events.idle
    };
    // Called without a lock held; request_keyframe on the thread that asked or on the streaming
    // thread, the others on the streaming thread.
    struct Events {
        std::function<void()> request_keyframe = [] {};
        std::function<void()> idle = [] {};
        std::function<void()> unanswered = [] {}; // once: requests bring no keyframe
        std::function<void()> reordered = [] {};  // once: pictures don't come in display order
        std::function<void(const GstCaps*)> caps = [](const GstCaps*) {}; // the payloader's
        // What the networks of all subscribers carry that know it, in bit/s, when one of them has
        // changed or gone. On the thread that said so.
        std::function<void(std::vector<guint>)> bandwidths = [](std::vector<guint>) {};
        // The most that is expected to be lost, 0 to 1, by a subscriber who makes use of what sound
        // is encoded with against it. Told likewise.
        std::function<void(double)> loss = [](double) {};
    };

    Fanout(const Codec& codec, const Settings& settings, Events events);

    // A source starts, or starts anew: the one that packets are taken from, from now on.
    guint begin();
    // One RTP packet of the source. pts: running time.
    void packet(guint source, GstBuffer* buffer, GstClockTime pts);
    // What the source had at once is complete.
    void flush();
    void caps(guint source, const GstCaps* caps);

    std::unique_ptr<Subscription> subscribe(const SendParameters& parameters,
                                            std::shared_ptr<Transport> transport);
    size_t subscribers() const;
    struct Statistics {
        guint rate = 0, peak = 0; // bit/s of packets, lately and at most: see RateMeter
        guint64 keyframes = 0;    // of all sources
        // Of the rate, lately: what the lowest temporal layer took, the two lowest… without the
        // uppermost. Empty where it has none.
        std::vector<double> shares;
    };
    Statistics statistics() const;
    // Whether the current source has brought a packet.
    bool flowing() const;
    void request_keyframe();

private:
    class Subscriber;
    class Share;
    using Subscribers = std::vector<std::shared_ptr<Subscriber>>;

    std::shared_ptr<const Subscribers> add(guint source, std::shared_ptr<Packet> packet,
                                           bool& reordered);
    bool deliver(const Subscribers& subscribers, bool restart);
    void after_packet(bool waiting);
    bool check_order(const Packet& packet);
    void unsubscribe(Subscriber& subscriber);
    void tell_bandwidths();
    void tell_loss();
    void measure(const Packet& packet);
    std::vector<double> shares(GstClockTime now) const;

    const Settings settings_;
    const Events events_;
    const Codec& codec_;
    const KeyframeTest starts_keyframe_; // nullptr: every packet is a start

    // Held while a packet goes out. Only a source that is being replaced ever finds it taken.
    std::mutex streaming_mutex_;
    guint streaming_source_ = 0; // whose packets the history holds
    History history_;
    LayerFinder layers_;
    guint32 highest_timestamp_ = 0;
    bool told_reordered_ = false;

    mutable std::mutex mutex_;
    guint source_ = 0;
    bool flowing_ = false;
    bool joinable_ = false; // history_.joinable()
    Keyframes keyframes_;
    RateMeter meter_;
    std::array<RateMeter, all_layers + 1> layer_meters_;
    guint64 keyframes_seen_ = 0;
    std::shared_ptr<const Subscribers> subscribers_ = std::make_shared<Subscribers>();
    GstClockTime idle_since_ = GST_CLOCK_TIME_NONE;
};

} // namespace rtc
