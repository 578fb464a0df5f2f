// One file of a recording on its way to being whole.
//
//   writing ─ end(), or a fault ─▶ closing its parts ─▶ [composing] ─▶ kept, told by `done`
//
// It is written in parts: the first has the tracks that were there when it began, each track that
// comes later has a part of its own, as muxers take no track once they have begun. A file of one
// part gets its name; several are composed into one, and a part that isn't in the file's own
// container always is. Where that fails each part is kept as a file of its own, and where there is
// no room for it they stay for the next start: nothing that was written is lost.
//
// Threads: on the loop, except where it is said.
#pragma once

#include "plugins/record/composer.hpp"
#include "plugins/record/partfile.hpp"

#include <mutex>

namespace rtc {

class CallFile : public std::enable_shared_from_this<CallFile> {
public:
    struct Track {
        const Codec* codec;
        Ref<GstCaps> caps;
    };
    // What a track writes to. Timestamps count from base, a running time.
    struct Part {
        std::shared_ptr<FileWriter> writer;
        gint64 base;
    };
    struct Outcome {
        FileWriter::Outcome writing; // the first fault
        std::string location;        // "" where nothing was written
        guint64 bytes = 0;
        bool whole = false;                // it has its duration, its index, and all tracks
        std::vector<std::string> separate; // parts that could not be composed
    };
    struct Callbacks {
        std::function<void(const FileWriter::Outcome&)> fault; // nothing more can be written
        std::function<void(const Outcome&)> done;              // always, at last
        // Nothing more of one track: of a part, its number there, and why.
        std::function<void(const FileWriter*, size_t, const std::string&)> broken;
    };

    // mode: its permissions; see PartFile.
    static Result<std::shared_ptr<CallFile>> open(Loop& loop, const Container& container,
                                                  const std::string& location,
                                                  std::optional<guint> mode,
                                                  const std::vector<Track>& tracks, gint64 base,
                                                  Callbacks callbacks);
    ~CallFile();

    const std::string& location() const { return parts_.front()->file.location(); }
    // The first part; any thread.
    const std::shared_ptr<Part>& first() const { return first_; }
    gint64 base() const { return first_->base; }
    bool takes(const Track& track) const;
    // A track that comes when the file has begun.
    Result<std::shared_ptr<Part>> add_part(const Track& track, gint64 base);
    void end();
    // Any thread: nobody waits for room in a queue any more.
    void release();
    // Writers that have not ended yet are stopped; what they wrote is kept.
    void abort_writing(const std::string& reason);
    // The composing is stopped. The parts stay as they are, for the next start to finish.
    void abort_composing();

private:
    struct Writing {
        PartFile file;
        std::shared_ptr<Part> handle;
        bool closed = false;
    };

    CallFile(Loop& loop, const Container& container, Callbacks callbacks)
        : loop_(loop)
        , container_(container)
        , callbacks_(std::move(callbacks)) {}
    Result<std::shared_ptr<Part>> open_part(PartFile file, const std::vector<Track>& tracks,
                                            gint64 base);
    void part_done(Writing& part, const FileWriter::Outcome& outcome);
    void settle();
    void compose();
    void composed(const FileWriter::Outcome& outcome);
    void keep_first(bool whole);
    void keep_separately();
    void leave_parts(const std::string& why);
    void keep(PartFile& file);
    void tell();
    bool has_bytes(size_t part) const { return parts_[part]->file.bytes() > 0; }

    Loop& loop_;
    const Container& container_;
    Callbacks callbacks_;
    std::shared_ptr<Part> first_;
    std::vector<std::unique_ptr<Writing>> parts_;
    guint tracks_ = 0;
    std::mutex mutex_; // for what release() needs:
    std::vector<std::shared_ptr<FileWriter>> writers_;
    bool released_ = false;
    // Of the loop:
    bool ending_ = false;
    std::optional<PartFile> whole_;
    std::shared_ptr<Composer> composer_;
    Outcome outcome_;
};

} // namespace rtc
