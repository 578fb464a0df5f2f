// A picture of a call as a JPEG file, decoded from one keyframe in a pipeline of its own.
//
// Life: on the loop. done is called once; destroying it before stops it, and done is not called.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rtc {

class Snapshot : public std::enable_shared_from_this<Snapshot> {
public:
    // The path of the file: `location`, or where that is taken the next free number.
    using Done = std::function<void(const Result<std::string>& path)>;

    static std::shared_ptr<Snapshot> start(Loop& loop, const GstCaps* caps, Ref<GstBuffer> keyframe,
                                           const std::string& location, std::optional<guint> mode,
                                           Done done);
    ~Snapshot();

private:
    Snapshot(std::string location, std::optional<guint> mode, Done done)
        : location_(std::move(location))
        , mode_(mode)
        , done_(std::move(done)) {}
    bool build(Loop& loop, const GstCaps* caps, Ref<GstBuffer> keyframe);
    void on_message(GstMessage* message);
    Result<std::string> write();
    void finish(const Result<std::string>& result);

    const std::string location_;
    const std::optional<guint> mode_; // permissions, as of chmod
    Done done_;
    Ref<GstElement> pipeline_;
    Ref<GstElement> sink_;
    Timer bus_watch_;
    Timer deadline_;
};

} // namespace rtc
