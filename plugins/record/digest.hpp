// The SHA-256 of a file that is whole, computed on a thread of its own: a large one takes seconds.
//
// Life: start() returns at once; done is called once on the loop. Destroying it, on the loop or
// after the loop's end, stops it.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/base/result.hpp"

#include <atomic>
#include <string>

namespace rtc {

// In hexadecimal digits. Blocks; an error where the file can't be read, or `stop` was set.
Result<std::string> sha256_of_file(const std::string& path, const std::atomic<bool>& stop);

class Digest : public std::enable_shared_from_this<Digest> {
public:
    using Done = std::function<void(const Result<std::string>&)>;

    static std::shared_ptr<Digest> start(Loop& loop, const std::string& path, Done done);
    ~Digest();
    void stop() { stop_ = true; } // done is told an error

private:
    Digest(Loop& loop, Done done)
        : loop_(loop)
        , done_(std::move(done)) {}
    void run(const std::string& path);

    Loop& loop_;
    Done done_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

} // namespace rtc
