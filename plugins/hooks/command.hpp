// Runs a program each time something has happened. No shell sees anything: words are words.
//
// Life: run() returns at once, on any thread; programs run beside each other. close() waits for
// them, but not for long; those that still run then go on by themselves.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/base/result.hpp"

#include <gio/gio.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rtc {

class Command : public std::enable_shared_from_this<Command> {
public:
    using Variables = std::vector<std::pair<std::string, std::string>>;
    // What went wrong. On the command's own thread.
    using Tell = std::function<void(const std::string& trouble)>;

    // A program and its arguments, quoted as for a shell. Refused: what is not quoted well, or
    // names a program that is not there.
    static Result<std::shared_ptr<Command>> create(const std::string& text, Tell tell);
    ~Command();
    // With one argument more, and these in its environment.
    void run(const std::string& argument, const Variables& environment);
    void close(std::chrono::milliseconds deadline);

private:
    struct Running;
    Command(std::vector<std::string> words, Tell tell);
    void start(const std::string& argument, const Variables& environment);
    void ended(const Running& running, const std::string& trouble);

    const std::vector<std::string> words_;
    const Tell tell_;
    const Ref<GCancellable> cancel_;
    std::mutex mutex_;
    std::condition_variable idle_;
    size_t running_ = 0; // with those about to start; locked
    std::unique_ptr<Loop> loop_;
};

} // namespace rtc
