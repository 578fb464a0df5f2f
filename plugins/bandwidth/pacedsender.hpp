// Packets of several streams on their way through one pad, paced, and the estimate of what the
// peer's network carries: what is behind rtcgccbwe.
//
//   chain() ─▶ queue (sound first) ─▶ task, when the pacer lets them go ─▶ source pad
//
// Sound goes before what waits, so that a large picture does not hold it up. The caps and the
// segment that a packet came with go before it, where they are not those of the packet before.
//
// A packet without the header extension for its transport-wide number gets room for it, where the
// caps have an id for it; rtpsession writes the number.
//
// Life: belongs to an element with one sink and one source pad. start() and stop() come with the
// source pad's activation.
//
// Threads: any; what is shared is under one lock, which is never held while anything is pushed or
// listeners are called.
#pragma once

#include "plugins/bandwidth/estimator.hpp"
#include "plugins/bandwidth/pacer.hpp"
#include "plugins/bandwidth/receiverreports.hpp"
#include "signaling/base/refs.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace rtc {

struct BandwidthSettings {
    guint minimum = 30'000;      // bit/s
    guint maximum = 100'000'000; // bit/s
    guint start = 1'000'000;     // bit/s
    bool pacing = true;
};

class PacedSender {
public:
    struct Statistics {
        guint target; // bit/s
        guint64 sent;
        double throughput;
        double loss;
        GstClockTime rtt; // none: not known
        guint64 queued;   // bytes
        guint64 probes;
        bool feedback; // transport-wide
    };

    // changed: the target is another. On the thread that brought the feedback.
    PacedSender(GstPad* sink, GstPad* source, std::function<void()> changed);

    void configure(const BandwidthSettings& settings);
    void start();
    void stop();

    GstFlowReturn chain(Ref<GstBuffer> buffer);
    // A serialised event, in its turn. Not stream-start, caps or segment: those of the sink pad go
    // with the packets.
    bool event(Ref<GstEvent> event);
    void flush_start();
    void flush_stop();

    // An event RTPTWCCPackets of rtpsession.
    void feedback(const GstStructure* packets);
    void receiver_feedback(const ReceiverFeedback& feedback);

    guint target() const;
    Statistics statistics() const;

private:
    struct Context {
        Ref<GstEvent> stream_start, caps, segment;
    };
    struct Item {
        Ref<GstBuffer> buffer; // or
        Ref<GstEvent> event;
        Context context;
        guint size = 0;
    };
    using Lock = std::unique_lock<std::mutex>;

    Item make_item(Ref<GstBuffer> buffer) const;
    void enqueue(Item item, bool first, Lock& lock);
    void begin_probe(GstClockTime now);
    void loop();
    bool wait_for_item(Lock& lock);
    Item take_item();
    GstFlowReturn push(Item item);
    void push_context(const Context& context);
    Ref<GstBuffer> with_extension(Ref<GstBuffer> buffer) const;
    GstFlowReturn push_packet(Item item, GstClockTime now);
    void probe_sent(SentProbe probe);
    void tell_if_changed();

    GstPad* const sink_;
    GstPad* const source_;
    const std::function<void()> changed_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;  // the task
    std::condition_variable space_; // who waits in chain()
    BandwidthSettings settings_;
    BandwidthEstimator estimator_;
    Pacer pacer_;
    std::deque<Item> first_;   // sound
    std::deque<Item> waiting_; // the rest
    guint64 queued_ = 0;       // bytes
    guint64 probes_ = 0;
    bool flushing_ = true;
    GstFlowReturn result_ = GST_FLOW_FLUSHING; // of the source pad
    SequenceUnwrapper reported_;
    guint told_ = 0; // the target that changed() was last called for

    // On the task's thread, or under the stream lock without pacing.
    Context pushed_;
    guint extension_ = 0; // id of the transport-wide number in pushed_.caps; 0: not agreed
};

} // namespace rtc
