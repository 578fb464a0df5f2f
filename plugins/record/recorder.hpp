// The core of rtcrecordsink: sorts what its pads bring into recordings, and knows when all is over.
//
// Pads whose stream-start has the same group id belong to one call, so to one Recording; with
// group=room, all calls of a room do; with {track} in the location each track has its own. Ends:
//  - a call's: every pad of it had EOS, or was unlinked or released. The element goes on. With
//    single-call these are all linked pads, those too that have brought nothing yet. With
//    reconnect-timeout, a call goes on for that time, and with what a caller of the same name
//    brings.
//  - the element's: EOS was sent to it (gst-launch-1.0 -e), or every pad had EOS and none of them
//    comes from a live source that makes pads as calls come. All recordings are finished, then EOS
//    is posted.
//  - PAUSED to READY: all recordings are finished before the state change returns.
//
// Threads: pad functions run on streaming threads, recordings report on the loop. The mutex guards
// the pads and the list of recordings. It is taken before a recording's own, never after it.
#pragma once

#include "plugins/record/hooks.hpp"
#include "plugins/record/recording.hpp"
#include "plugins/record/recovery.hpp"
#include "plugins/record/retentionworker.hpp"
#include "signaling/base/element.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>

namespace rtc {

// What goes into one recording.
enum class RecordGroup { call, room };

struct RecordSettings {
    std::string location = "calls/{session}.mkv";
    int fallback = 0;    // GstRtcRecordFallback: mkv
    int loss_policy = 0; // GstRtcRecordLossPolicy: drop-until-keyframe
    int transcode = 0;   // GstRtcRecordTranscode: never
    std::string transcode_profile;
    int group = 0; // GstRtcRecordGroup: call
    guint track_timeout = 800;
    guint stall_timeout = 500;
    guint finalize_timeout = 5000;
    guint reconnect_timeout = 0;
    guint segment_duration = 0;
    guint64 segment_size = 0;
    std::string file_mode;
    guint max_duration = 0;
    guint64 max_size = 0;
    guint64 min_free_space = 0;
    std::string on_finished_command;
    std::string webhook;
    std::string webhook_secret_file;
    std::string webhook_ca_file;
    bool webhook_allow_http = false;
    guint webhook_timeout = 600000;
    guint hooks_timeout = 5000;
    guint retention_age = 0;
    guint64 retention_size = 0;
    bool manifest = true;
    bool checksum = true;
    bool single_call = false;
};

// The error says what to write in place.
Result<void> check_settings(const RecordSettings& settings);

class Recorder : public RecordingListener, public std::enable_shared_from_this<Recorder> {
public:
    // One pad: the stream that it brings, and where that goes.
    struct Input {
        Kind kind = Kind::video;
        GstPad* pad = nullptr; // the element owns it
        // Of the streaming thread:
        std::optional<gint64> group; // whose recording it is; nothing before the first stream
        gint64 stream_group = 0;     // as its stream-start has it
        std::string stream_id;
        bool live = true; // its source waits for nobody
        CallTags names;
        GstSegment segment;
        Ref<GstCaps> caps;
        std::string end_reason;           // that the source told: "hangup", "lost", …
        gint64 next_keyframe_request = 0; // monotonic time, microseconds
        // Guarded by the mutex:
        std::shared_ptr<Recording> recording;
        std::shared_ptr<RecordingTrack> track;
        bool ended = false;
        bool leaving = false;       // it has ended, and its track is being told
        bool comes_and_goes = true; // its end is that of a call, not of the media
    };

    // The element owns this, so it outlives it.
    explicit Recorder(GstElement* element)
        : element_(element) {}

    // READY to PAUSED. Finishes what an earlier process left in the location's directory. Refused:
    // hooks that can't work.
    Result<void> start(const RecordSettings& settings);
    // Before the pads are deactivated: nobody waits any more.
    void release();
    // PAUSED to READY, pads deactivated: waits for all recordings to be closed, but not for ever.
    void stop();
    void drain(guint32 seqnum); // EOS was sent to the element

    Input* add_input(GstPad* pad, Kind kind);
    void remove_input(Input* input);
    GstFlowReturn chain(Input& input, Ref<GstBuffer> buffer);
    void event(Input& input, GstEvent* event);
    void unlinked(Input& input);
    // Of the session of that id, or of all; give how many recordings that are.
    guint for_each_call(const std::string& session,
                        const std::function<void(Recording&)>& function);

    void recording_started(const Manifest& manifest) override;
    void segment_started(const Manifest& manifest) override;
    void recording_finished(const Manifest& manifest) override;
    void snapshot_taken(const Manifest& manifest, const std::string& path) override;
    void track_stalled(const Manifest& manifest, const TrackSummary& track, bool stalled) override;
    void recording_trouble(const Manifest& manifest, const std::string& what) override;
    void recording_over(Recording* recording) override;

private:
    void start_stream(Input& input, GstEvent* event);
    void set_caps(Input& input, GstEvent* event);
    void set_names(Input& input, const CallTags& names);
    void note_clock(Input& input, const SenderClockNews& news);
    // Kept while a buffer goes there: the pad may be unlinked meanwhile. Nothing: it goes nowhere.
    struct Joined {
        std::shared_ptr<Recording> recording;
        std::shared_ptr<RecordingTrack> track;
    };
    Joined join(Input& input);
    std::string who(const Input& input) const;
    std::string owner(const Input& input) const;
    bool a_file_a_track() const;
    void enter_room(Input& input); // locked
    gint64 grace_us() const;
    bool may_come_back(const Input& input, const std::string& reason) const;
    std::shared_ptr<Recording> take_waiting(const Input& input); // locked
    void give_up_waiting();
    void end_input(Input& input);
    bool call_is_over(gint64 group) const; // locked
    void check_end();
    void finish_all(const std::string& reason);
    void post_eos_when_done();
    Result<void> start_hooks(const RecordSettings& settings);
    void tell_hooks(Hooks::Event event, const Manifest& manifest);
    void start_chores(const RecordSettings& settings);
    void settle_manifests(const std::string& directory, guint depth);
    void warn_of_unmarked(const std::vector<std::string>& paths);
    void recording_expired(const Expired& expired, const std::string& trouble);
    void leftover_finished(const std::string& location, const std::string& manifest,
                           const std::string& trouble);
    void request_keyframe(Input& input);
    void post(GstStructure* structure);

    GstElement* const element_;
    RecordSettings settings_;

    std::mutex mutex_;
    std::condition_variable closed_;
    std::unique_ptr<Loop> loop_; // between PAUSED and READY
    std::shared_ptr<Retention> retention_;
    std::shared_ptr<Hooks> hooks_;
    std::vector<std::unique_ptr<Input>> inputs_;
    std::map<gint64, std::shared_ptr<Recording>> calls_; // by group id: those under way
    // By who may come back: calls whose caller has gone.
    struct Waiting {
        std::shared_ptr<Recording> recording;
        std::string reason;
        gint64 until; // monotonic time
    };
    std::map<std::string, Waiting> waiting_;
    std::vector<std::shared_ptr<Recording>> recordings_; // with those being closed
    std::set<gint64> spent_; // groups whose recording has reached a limit
    gint64 ungrouped_ = 0;
    std::map<std::string, gint64> rooms_; // their groups
    bool draining_ = false;
    bool ending_ = false; // EOS is to be posted when the recordings are closed
    bool eos_posted_ = false;
    guint32 eos_seqnum_ = GST_SEQNUM_INVALID;
    // Of the loop:
    Timer deadline_;
    Timer grace_;
    Timer space_watch_;
    std::shared_ptr<Recovery> recovery_;
};

} // namespace rtc
