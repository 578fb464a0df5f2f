// One call on its way to disk: its tracks, one file after the other (mostly one), its manifest.
//
//   waiting ─ first usable buffer ─▶ collecting ─ all tracks there, or track timeout ─▶ writing
//                                        ▲                                                │
//                                        └── cut: a new segment, caps the file can't take
//   any ─ finish() ─▶ over ─ files closed ─▶ reported
//
// While collecting, buffers are held in memory, so that a file starts with all its tracks and
// nothing is lost. A video track counts from its first keyframe on; a file that has video is cut
// at a keyframe. A track that comes while a file is written gets a part of its own in that file.
//
// Threads: tracks are fed from streaming threads, each by one at a time; files are opened and
// closed and the listener is called on the loop. One mutex guards the state; it is not held while
// a listener runs, nor while a full queue is waited for.
#pragma once

#include "plugins/record/callfile.hpp"
#include "plugins/record/digest.hpp"
#include "plugins/record/manifest.hpp"
#include "plugins/record/manifestfile.hpp"
#include "plugins/record/recordingtrack.hpp"
#include "plugins/record/snapshot.hpp"
#include "plugins/record/timeline.hpp"
#include "plugins/record/transcodeprofile.hpp"
#include "plugins/rtc/calltags.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

namespace rtc {

class Recording;

// Called on the loop.
class RecordingListener {
public:
    virtual ~RecordingListener() = default;
    virtual void recording_started(const Manifest& manifest) = 0;
    virtual void segment_started(const Manifest& manifest) = 0; // the second file and later ones
    // Where a file was begun; without a segment where nothing of it is there.
    virtual void recording_finished(const Manifest& manifest) = 0;
    virtual void snapshot_taken(const Manifest& manifest, const std::string& path) = 0;
    virtual void track_stalled(const Manifest& manifest, const TrackSummary& track,
                               bool stalled) = 0;
    virtual void recording_trouble(const Manifest& manifest, const std::string& what) = 0;
    virtual void recording_over(Recording* recording) = 0; // always the last call
};

// What becomes of pictures after one was lost.
enum class LossPolicy { drop_until_keyframe, keep };

struct RecordingOptions {
    std::string location; // a checked template
    std::string track;    // {track}: of a recording of one track; "" for all
    bool fall_back = true;
    Transcode transcode = Transcode::never;
    TranscodeProfile profile; // a complete one, where anything is to be transcoded
    LossPolicy loss_policy = LossPolicy::drop_until_keyframe;
    std::chrono::milliseconds track_timeout{800};
    std::chrono::milliseconds stall_timeout{500};
    std::chrono::milliseconds finalize_timeout{5000};
    std::chrono::milliseconds segment_duration{0}; // 0: no limit
    guint64 segment_size = 0;                      // bytes; 0: no limit
    bool manifest = true;
    bool checksum = true;
    std::optional<guint> file_mode;            // as of chmod; nothing: what the umask leaves
    std::chrono::milliseconds max_duration{0}; // of media; 0: no limit
    guint64 max_size = 0;                      // bytes of media; 0: no limit
    guint64 min_free_space = 0;                // bytes; 0: no limit
};

// The reason of what ends, or does not begin, for want of room.
constexpr const char* min_free_space = "min-free-space";

class Recording : public std::enable_shared_from_this<Recording> {
public:
    static std::shared_ptr<Recording> create(Loop& loop, RecordingOptions options,
                                             std::weak_ptr<RecordingListener> listener);
    ~Recording();

    // Until the first file starts. Empty strings change nothing.
    void set_names(const CallTags& names);
    bool is_session(const std::string& id) const; // and not over
    // nullptr when the recording is over: the track belongs to another one.
    // owner: a track that ends leaves its place in the file to one of the same owner.
    std::shared_ptr<RecordingTrack> add_track(Kind kind, const std::string& id,
                                              const std::string& owner, bool live = true);
    void set_caps(RecordingTrack& track, const GstCaps* caps);
    // Returns false when a keyframe is needed before anything can be written.
    bool push(RecordingTrack& track, const GstSegment& segment, Ref<GstBuffer> buffer);
    void note_clock(RecordingTrack& track, const SenderClockNews& news);
    // The recording goes on, with its other tracks or with new ones.
    void end_track(RecordingTrack& track);
    // Its caller had gone, and is there again.
    void come_back();
    // A new file begins, with the next keyframe where there are pictures. Nothing is lost.
    void split();
    // What comes in a pause is left out, and the time it took as well; after it, pictures go on
    // with a keyframe.
    void pause();
    void resume();
    // A JPEG of the next keyframe, which is asked for, or of the last one where none comes. ""
    // stands for the name of the file that is being written, with the ending .jpg.
    void take_snapshot(const std::string& location);
    // Whether it ended, or ends, because it had reached a limit: its call has no other one.
    bool is_limited() const;
    // On the loop: ends it where the disk has less room than is to be kept free.
    void check_space();
    // Ends it whatever its tracks do. Returns at once; recording_over() follows.
    void finish(const std::string& reason);
    // From now on nobody waits for room in a queue.
    void release();
    // What is over but not whole yet stays as it is, for the next start to finish.
    void abandon();

private:
    struct File {
        std::shared_ptr<CallFile> file;
        SegmentSummary summary;
        gint64 base = 0;   // running time of its zero
        gint64 end = 0;    // running time up to which it goes
        guint64 bytes = 0; // of media
        std::shared_ptr<Digest> digest;
        bool done = false;
        bool lost = false; // nothing could be written
    };
    using Tracks = std::vector<std::shared_ptr<RecordingTrack>>;
    using Lock = std::unique_lock<std::mutex>;

    Recording(Loop& loop, RecordingOptions options, std::weak_ptr<RecordingListener> listener)
        : loop_(loop)
        , options_(std::move(options))
        , listener_(std::move(listener))
        , id_(Owned<char>(g_uuid_string_random()).get()) {}

    bool admit(RecordingTrack& track, RecordingTrack::Gate& gate, const GstBuffer* buffer);
    void take_caps(RecordingTrack& track, const Codec* codec, const GstCaps* caps);
    bool write(Lock& lock, RecordingTrack& track, const Stamp& stamp, Ref<GstBuffer> buffer);
    bool deliver(Lock& lock, RecordingTrack& track, const Stamp& stamp, Ref<GstBuffer>& buffer);
    void hold(Lock& lock, RecordingTrack& track, const Stamp& stamp, Ref<GstBuffer> buffer);
    void note_keyframe(RecordingTrack& track, GstBuffer* buffer);
    void account(RecordingTrack& track, const Stamp& stamp, const GstBuffer* buffer);
    // Of tracks that are encoded anew:
    const Container& wanted_container() const;
    bool takes_to_transcoding(const RecordingTrack& track, const Codec& codec,
                              const GstCaps* caps) const;
    std::string transcode(RecordingTrack& track, const Codec& codec, const GstCaps* caps);
    Ref<GstCaps> form_of_forerunner(const RecordingTrack& track) const;
    std::string add_transcoder(RecordingTrack& track);
    void start_transcoders();
    bool waits_for_place(const RecordingTrack& track) const;
    bool push_source(Lock& lock, RecordingTrack& track, const GstSegment& segment,
                     Ref<GstBuffer> buffer);
    bool push_encoded(RecordingTrack& track, const GstSegment& segment, const GstCaps* caps,
                      Ref<GstBuffer> buffer);
    void transcoder_done(RecordingTrack& track, const Transcoder& transcoder,
                         const Transcoder::Failure& failure);
    std::string replace_transcoder(RecordingTrack& track, const Transcoder::Failure& failure);
    std::string go_on_as_it_comes(RecordingTrack& track, const std::string& why);
    bool is_encoding() const;
    bool end_transcoders();
    void abandon_transcoders();
    bool take_over_place(RecordingTrack& track);
    bool follows_another_codec(const RecordingTrack& track) const;
    bool is_only_picture(const RecordingTrack& track) const;
    bool all_ready() const;
    void cut(const RecordingTrack* at_keyframe);
    void cut_soon();
    void cut_when_full(const Stamp& stamp);
    void close_pause(const Stamp& stamp);
    bool beyond_limits(RecordingTrack& track, const Stamp& stamp, const GstBuffer* buffer);
    void reach_limit(const char* limit);
    void over(const std::string& reason);
    std::string want_of_space(const std::string& path) const;
    void post_begin();
    void post(void (Recording::*method)());
    // On the loop, except where it is said:
    void arm_track_timeout();
    void arm_end();
    void begin();
    void begin_file(Lock& lock);
    void begin_late_tracks(Lock& lock);
    Result<std::shared_ptr<File>> open_file(const Tracks& tracks, std::string& note);
    const Container* choose_container(const Tracks& tracks, std::string& why_not);
    void write_held(File& file, RecordingTrack& track);
    void start_watchdog();
    void watch();
    void fill_gaps();
    std::vector<std::pair<TrackSummary, bool>> find_stalls();
    void file_failed(const std::weak_ptr<File>& file, const FileWriter::Outcome& outcome);
    void track_broken(const FileWriter* writer, size_t input, const std::string& error);
    void file_done(const std::weak_ptr<File>& file, const CallFile::Outcome& outcome);
    void file_digested(const std::weak_ptr<File>& file, const Result<std::string>& sha256);
    void close_files();
    void complete();
    void give_up(Lock& lock, const FileWriter::Outcome& outcome);
    void begin_snapshot(const std::string& location);
    void make_snapshots();
    void snapshot_done(const Result<std::string>& result);
    void tell_trouble(const std::string& what);
    void reserve_manifest(); // locked
    void write_manifest(Manifest& manifest);
    Manifest snapshot() const; // any thread, locked
    std::string wanted_location(const Container& container) const;

    Loop& loop_;
    const RecordingOptions options_;
    const std::weak_ptr<RecordingListener> listener_;

    mutable std::mutex mutex_;
    std::condition_variable room_;
    const std::string id_;
    CallTags names_;
    Ref<GDateTime> started_;
    Ref<GDateTime> stopped_;
    std::string reason_;
    Tracks tracks_;
    std::vector<std::shared_ptr<File>> files_;
    std::shared_ptr<File> current_; // the one being written
    guint64 held_bytes_ = 0;
    guint faults_ = 0;
    bool paused_ = false;
    std::optional<gint64> resume_at_; // where the first buffer after the pause goes
    gint64 shift_ = 0;                // what the pauses left out
    gint64 paused_for_ = 0;
    guint pauses_ = 0;
    guint reconnects_ = 0;
    std::vector<std::string> sessions_; // ids, for who asks for one
    std::vector<std::string> snapshot_wanted_;
    std::vector<std::string> snapshots_taken_; // those beside the files
    std::string manifest_path_;                // "" while it isn't there
    bool collecting_ = false;
    bool beginning_ = false; // begin() is posted
    bool resumed_ = false;   // after a cut: the tracks are known
    bool wants_cut_ = false; // the next file waits for a keyframe
    bool failed_ = false;    // nothing more can be written
    bool released_ = false;
    bool over_ = false;    // nothing more is taken
    bool closing_ = false; // and nothing more comes out of transcoders
    bool completed_ = false;
    std::string limit_;           // the one that was reached; its name is the reason, too
    guint64 written_ = 0;         // bytes of media
    std::optional<gint64> first_; // running time of the first buffer
    bool wants_end_ = false;      // a track has reached max-duration
    // Touched on the loop alone.
    Timer track_timeout_;
    Timer watchdog_;
    Timer deadline_;
    Timer end_timer_;
    Timer snapshot_timer_;
    std::deque<std::shared_ptr<Snapshot>> snapshots_;
    std::optional<ManifestFile> manifest_file_;
};

} // namespace rtc
