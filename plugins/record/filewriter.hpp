// One file being written: a pipeline of its own, so that it can be finished whatever state the
// recorder's pipeline is in, and so that its faults stay with it.
//
//   appsrc ─▶ [parser ─▶ capsfilter] ─┐
//   appsrc ─▶ [parser ─▶ capsfilter] ─┴▶ muxer ─▶ filesink
//
// Life: open() starts it with all its tracks, as muxers take none later. push(), set_caps() and
// gap() come from any thread, per track in order. end() lets what was pushed run through; then,
// or at a fault, the done function is called, once, on the loop. A track whose media can't be
// parsed ends by itself, and the others go on. Destroying it stops it at once.
#pragma once

#include "plugins/record/container.hpp"
#include "signaling/base/loop.hpp"
#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rtc {

class FileWriter : public std::enable_shared_from_this<FileWriter> {
public:
    struct Track {
        Fit fit;
        Ref<GstCaps> caps;
    };
    // Error "" when the file is whole. media_fault: the muxer or a parser failed, so a new file
    // may go on; otherwise the file can't be written.
    struct Outcome {
        std::string error;
        bool media_fault = false;
        bool disk_full = false;
        guint64 end = 0; // where its media ends, in the file's time
    };
    using Done = std::function<void(const Outcome&)>;
    // Of a track, and why: nothing more of it is taken. On the loop; may be nothing, and then it is
    // a fault of the file.
    using Broken = std::function<void(size_t, const std::string&)>;

    // On the loop. path exists and is empty.
    static Result<std::shared_ptr<FileWriter>> open(Loop& loop, const Container& container,
                                                    const std::string& path,
                                                    const std::vector<Track>& tracks, Done done,
                                                    Broken broken = nullptr);
    ~FileWriter();

    // Timestamps count from the file's zero. Waits while the track's queue is full, which takes
    // a file system that has stalled; release() ends all waiting. Returns false after end(); what
    // comes of a broken track is dropped.
    bool push(size_t track, Ref<GstBuffer> buffer);
    void set_caps(size_t track, const GstCaps* caps);
    // Matroska: nothing comes on this track before that time, so that the muxer need not wait.
    void gap(size_t track, GstClockTime until);
    // Nothing comes on this track any more.
    void end_track(size_t track);
    void release();
    void end();
    // On the loop: what is written is written; calls done.
    void abort(const std::string& reason);

private:
    // All under the mutex, which the loop doesn't wait for while the queue is full.
    struct Input {
        Input(std::vector<Ref<GstElement>> row, Ref<GstPad> pad);
        bool has(GstObject* element) const;
        void add(Ref<GstBuffer> buffer);
        void flush(); // what add() holds back
        void end();

        const std::vector<Ref<GstElement>> elements;
        const Ref<GstElement> source; // the first
        const Ref<GstPad> muxer_pad;
        std::mutex mutex;
        Ref<GstBufferList> batch;
        GstClockTime since = 0; // time of its first buffer
        bool ended = false;
        std::atomic<bool> broken = false;
    };

    FileWriter(Loop& loop, Done done, Broken broken)
        : loop_(loop)
        , done_(std::move(done))
        , broken_(std::move(broken)) {}
    Result<void> build(const Container& container, const std::string& path,
                       const std::vector<Track>& tracks);
    Result<void> add_track(const Track& track, GstElement* muxer);
    GstElement* add(const char* factory);
    void set_up_muxer(GstElement* muxer, const Container& container);
    void watch_bus();
    void on_message(GstMessage* message);
    bool is_of_track(GstMessage* message, const std::string& error);
    void finish(const Outcome& outcome);

    Loop& loop_;
    Done done_;
    const Broken broken_;
    // Where the media ends, in the file's time. The muxer's pad has a share in it.
    using End = std::atomic<guint64>;

    Ref<GstElement> pipeline_;
    const std::shared_ptr<End> end_ = std::make_shared<End>(0);
    std::vector<std::unique_ptr<Input>> inputs_;
    Timer bus_watch_;
};

} // namespace rtc
