// Makes one file of parts, without transcoding: all their tracks, each at its offset, with a
// duration and an index.
//
//   part ─▶ PartReader ─┐
//   part ─▶ PartReader ─┴▶ FileWriter ─▶ file
//
// Each track is read by a thread of its own, which waits while the muxer wants another track first:
// so nothing but the writer's queues is held in memory, however long the parts are.
//
// Life: start() returns at once; done is called once on the loop. Destroying it, on the loop or
// after the loop's end, stops it and waits for its threads.
#pragma once

#include "plugins/record/filewriter.hpp"

#include <atomic>
#include <thread>

namespace rtc {

class Composer : public std::enable_shared_from_this<Composer> {
public:
    struct Part {
        std::string path;
        gint64 offset = 0; // where its zero lies in the whole, in nanoseconds
    };

    static std::shared_ptr<Composer> start(Loop& loop, const Container& container,
                                           std::vector<Part> parts, const std::string& path,
                                           FileWriter::Done done);
    ~Composer();

private:
    struct Source {
        Part part;
        std::string stream;
        FileWriter::Track track;
    };

    Composer(Loop& loop, const Container& container, std::vector<Part> parts, std::string path,
             FileWriter::Done done);
    // On a thread:
    void look();
    void copy(size_t track, const Source& source);
    void copy_samples(size_t track, const Source& source);
    Result<std::vector<Source>> list_sources();
    // On the loop:
    void write(const Result<std::vector<Source>>& sources);
    std::string want_of_space() const;
    void finish(const FileWriter::Outcome& outcome);
    void stop();

    Loop& loop_;
    const Container& container_;
    const std::vector<Part> parts_;
    const std::string path_;
    FileWriter::Done done_;
    std::shared_ptr<FileWriter> writer_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stop_ = false;
};

} // namespace rtc
