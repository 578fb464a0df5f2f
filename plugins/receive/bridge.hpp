// The bridge between two pipelines: what arrives at its own sink pad goes on into a source pad of
// the other pipeline, in the thread that brings it. Both share clock and base time.
#pragma once

#include "plugins/receive/runningtime.hpp"
#include "signaling/base/refs.hpp"

#include <functional>
#include <memory>
#include <string>

namespace rtc {

// The output gets one stream-start, the caps as they come, one plain TIME segment, tags, buffers
// stamped in running time, and at the end one EOS. Neither an EOS nor a flush passes, and
// whatever the output returns, upstream sees OK: one refused track must not stop the others of
// its session.
//
// Life: the pad has no parent; the owner links it and calls close() when no data comes any more.
// Data arrives in one thread at a time; the rest may be called from any.
class Bridge {
public:
    struct Parameters {
        std::string stream_id;
        guint group_id = 0;
        guint tracks = 0;     // of the session
        Ref<GstTagList> tags; // may be nullptr
        // The output took nothing, and returned this. On the thread that brought it.
        std::function<void(GstFlowReturn)> refused;
        std::function<std::string()> end_reason; // may be nothing
    };
    static std::shared_ptr<Bridge> create(GstPad* output, Parameters parameters);

    GstPad* pad() const { return pad_.get(); }
    // Sends stream-start where the output is active and has not had it.
    void start();
    // Another chain is going to be linked: forgets the events of the last one.
    void renew();
    // Deactivates the pad, having waited for data under way.
    void close();
    // The reason and EOS on the output.
    void end();

private:
    Bridge(GstPad* output, Parameters parameters);
    GstFlowReturn push(Ref<GstBuffer> buffer);
    GstFlowReturn push_list(Ref<GstBufferList> list);
    GstFlowReturn settle(GstFlowReturn flow);
    bool event(Ref<GstEvent> event);
    bool query(GstQuery* query);
    void push_caps(GstCaps* caps);
    void push_tags(const GstTagList* tags);
    void push_gap(GstEvent* gap);
    void begin();

    const Ref<GstPad> output_;
    const Parameters parameters_;
    Ref<GstPad> pad_;
    RunningTime running_time_;
    bool has_caps_ = false;
    bool has_segment_ = false;
};

} // namespace rtc
