// One request that was read in full, until it is answered.
//
// Life: made by the server on its loop and given to the handler of the path, which answers now or
// later, from any thread. Dropped unanswered, it is answered with 500. The client may go away
// before: on_gone() tells, and the answer is then thrown away.
#pragma once

#include "signaling/http/message.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace rtc::http {

class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    using Answer = std::function<void(Response)>;

    // `answer` is called at most once, on the context's thread.
    Exchange(Ref<GMainContext> context, Head head, std::string body, Answer answer);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    const Head& head() const { return head_; }
    const std::string& body() const { return body_; }

    // Whether the client went away. On the server's loop.
    bool is_gone() const { return is_gone_; }
    // Any thread; the first answer counts.
    void respond(Response response);
    // Called at most once, on the server's loop, if the client goes away before the answer. Set on
    // the server's loop.
    void on_gone(std::function<void()> gone) { gone_ = std::move(gone); }

private:
    friend class Server;
    void lose(); // the client is gone; on the server's loop

    Ref<GMainContext> context_;
    const Head head_;
    const std::string body_;
    std::function<void()> gone_;
    bool is_gone_ = false;
    std::mutex mutex_;
    Answer answer_; // guarded by the mutex; empty once used
};

} // namespace rtc::http
