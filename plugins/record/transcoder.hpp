// What makes one codec out of another: a pipeline of its own, so that its faults stay with it and
// nobody waits for it.
//
//   appsrc ─▶ [parser] ─▶ decoder ─▶ queue ─▶ convert ─▶ scale ─▶ encoder ─▶ appsink
//
// Pictures keep the size of the first one: others are scaled to it, with borders where they are of
// another shape. So do the channels of sound. Sound that is missing for a moment is concealed,
// where the decoder can.
//
// Room: what comes encoded waits in front of the decoder, up to ten seconds of it. Of a live
// source, pictures are thinned out in front of the encoder when half of that is full, and what
// doesn't fit is refused; other sources wait.
//
// Threads: push(), set_caps() and end() from one thread at a time; output is called on a streaming
// thread, done on the loop, once, when all has come out or it has failed.
#pragma once

#include "plugins/publish/encoders.hpp"
#include "plugins/record/timeline.hpp"
#include "signaling/base/loop.hpp"
#include "signaling/base/result.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <set>
#include <string>

namespace rtc {

bool has_encoder(const Codec& codec);

class Transcoder : public std::enable_shared_from_this<Transcoder> {
public:
    struct Plan {
        const Codec* from = nullptr;
        Ref<GstCaps> caps; // of what comes
        const Codec* to = nullptr;
        guint bitrate = 0; // bit/s; 0: the usual one
        Ref<GstCaps> form; // of raw media in front of the encoder; nullptr: the first's
        std::set<std::string> unwanted; // factories of elements that have failed
        bool live = true;
    };
    struct Failure {
        std::string error;   // "" when all has come out
        std::string culprit; // the factory of the decoder or encoder that failed; "" for another
    };
    struct Callbacks {
        // The buffer may be written to; DISCONT: something is missing before it. Returns false
        // where a keyframe is wanted.
        std::function<bool(const GstSegment&, const GstCaps*, Ref<GstBuffer>)> output;
        std::function<void(const Transcoder&, const Failure&)> done;
    };

    // It takes what comes, and gives nothing before go().
    static Result<std::shared_ptr<Transcoder>> prepare(Loop& loop, Plan plan, Callbacks callbacks);
    ~Transcoder();

    void go();
    // False where there is no room, or no more. lost: something is missing before it.
    bool push(const Stamp& stamp, Ref<GstBuffer> buffer, bool lost);
    void set_caps(const GstCaps* caps);
    void end();
    // Nobody waits for room any more.
    void release();
    // On the loop: it ends at once.
    void abort(const std::string& reason);

    // Whether something is on its way through it.
    bool busy() const;
    // Pictures that were left out in front of the encoder, since the last call.
    guint64 take_thinned() { return thinned_.exchange(0); }
    Ref<GstCaps> form() const;

private:
    Transcoder(Loop& loop, Plan plan, Callbacks callbacks)
        : loop_(loop)
        , plan_(std::move(plan))
        , callbacks_(std::move(callbacks)) {}
    Result<void> build();
    Result<void> add_decoder();
    Result<void> add_encoder();
    GstElement* add(const char* factory);
    GstElement* append(Ref<GstElement> element);
    GstElement* filter(const char* caps);
    void set_up();
    void watch();
    void watch_raw_media();
    void on_message(GstMessage* message);
    void look_after();
    void finish(const Failure& failure, bool idle);
    bool conceal(const Stamp& stamp);
    void fix_form(const GstCaps* raw);
    bool thin_out(GstBuffer* picture);
    void mark(gint64 time);
    bool is_marked(gint64 time);
    GstFlowReturn take_sample();
    void ask_for_keyframe();
    bool has_room();
    guint waiting() const;

    static constexpr guint64 most_bytes = 16 * 1024 * 1024;
    static constexpr GstClockTime most_time = 10 * GST_SECOND;

    Loop& loop_;
    const Plan plan_;
    Callbacks callbacks_;

    Ref<GstElement> pipeline_;
    Ref<GstElement> source_;
    Ref<GstElement> decoder_;
    Ref<GstElement> queue_;
    Ref<GstElement> form_filter_;
    Ref<GstElement> encoder_;
    Ref<GstElement> sink_;
    GstElement* last_ = nullptr; // while it is built
    std::string missing_;        // likewise
    const Encoder* row_ = nullptr;

    mutable std::mutex mutex_;
    std::deque<gint64> marks_; // times behind losses
    Ref<GstCaps> form_;
    // Of the pushing thread:
    gint64 end_ = -1;
    bool full_ = false;
    // Of the encoder's thread:
    gint64 next_keyframe_request_ = 0; // monotonic time, microseconds
    guint pictures_ = 0;

    std::atomic<guint64> thinned_{0};
    std::atomic<guint> since_output_{0};   // buffers pushed
    std::atomic<guint> decoded_{0};        // of these, what came to the encoder
    std::atomic<gint64> waiting_since_{0}; // monotonic time, microseconds; 0: nothing is awaited
    std::atomic<bool> in_output_{false};
    std::atomic<bool> started_{false};
    std::atomic<bool> ending_{false};
    // Of the loop:
    Timer bus_watch_;
    Timer watchdog_;
    bool over_ = false;
};

} // namespace rtc
