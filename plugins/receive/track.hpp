// A received track at work: what decides which packets go into the chain, when the chain is built
// anew, and when a keyframe is asked for.
#pragma once

#include "plugins/receive/bridge.hpp"
#include "plugins/receive/capturetimes.hpp"
#include "plugins/receive/chain.hpp"
#include "plugins/receive/keyframes.hpp"
#include "plugins/receive/outputpad.hpp"
#include "plugins/receive/receiver.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <set>

namespace rtc {

// Between webrtcbin's pad and the chain stand two pads without a parent: `intake` takes the
// packets, builds the chain when it is time, and answers OK whatever becomes of them; `feed` hands
// them to the chain. webrtcbin's pad is linked from the start, so its sticky events are kept on
// feed, and no fault of the chain reaches the session.
//
// Life: packets and their events come on the track's streaming thread, T. Queries and events of
// downstream's come on any. close() ends it all, on any thread but T; it waits for T to leave.
// Timestamps are those of capture, by the peer's sender reports (SenderClock).
class ReceivedTrack : public OutputListener, public std::enable_shared_from_this<ReceivedTrack> {
public:
    static std::shared_ptr<ReceivedTrack> create(GstBin* bin, GstPad* rtp_pad, GstPad* output,
                                                 Receiver::Parameters parameters);
    void close();
    // Closes, then pushes EOS, once. Returns when that is done, on whatever thread.
    void finish();

private:
    ReceivedTrack(GstBin* bin, GstPad* output, Receiver::Parameters parameters);
    void bind_pads();
    static guint64 now_ms();

    GstFlowReturn take_packet(Ref<GstBuffer> packet);
    GstFlowReturn take_list(Ref<GstBufferList> packets);
    bool intake_event(Ref<GstEvent> event);
    bool intake_query(GstQuery* query);
    bool feed_event(Ref<GstEvent> event);
    bool feed_query(GstQuery* query);
    bool output_query(GstQuery* query) override;
    bool output_event(Ref<GstEvent> event) override;

    // On T.
    bool admit(bool discont);
    bool ready();
    void look_again(bool relinked);
    void build();
    void drop_chain();
    void judge(GstFlowReturn flow);
    void tell_news();
    void recover();
    void give_decoders_a_rest();
    void pause_for_negotiation();
    void halt_for_negotiation();
    void warn_of_refusal();
    bool gated() const;
    void ask_for_keyframe();
    bool picture(GstBuffer* buffer);

    // On any thread.
    void request_keyframe();
    bool chain_message(GstMessage* message);

    const Receiver::Parameters parameters_;
    const Codec& codec_;
    const Ref<GstPad> output_;
    const Ref<GstPad> intake_;
    const Ref<GstPad> feed_;
    std::shared_ptr<Bridge> bridge_;

    // T's own.
    CaptureTimes times_;
    Ref<GstBin> bin_;
    std::unique_ptr<Chain> chain_;
    GstPad* peer_ = nullptr; // the output's when last seen; to compare, never to use
    bool halted_ = false;    // nothing passes until something changes downstream
    bool missed_ = false;    // packets went by since the last one that was taken
    guint64 retry_at_ = 0;   // no new chain before, in ms
    guint64 pause_ms_ = 0;   // the last that downstream's refusal brought
    std::set<std::string> broken_decoders_;
    KeyframeGate gate_;

    std::atomic<bool> closed_ = false;
    std::once_flag closing_;
    std::once_flag finishing_;
    std::atomic<bool> changed_ = true;                 // something changed downstream
    std::atomic<GstFlowReturn> refused_ = GST_FLOW_OK; // what the output returned last
    std::atomic<bool> lost_ = false; // an element of the chain waits for a keyframe
    std::mutex mutex_;               // for what follows
    KeyframeRequests requests_;
    guint request_count_ = 0;
    std::optional<std::string> failed_factory_; // of an element that posted an error
};

} // namespace rtc
