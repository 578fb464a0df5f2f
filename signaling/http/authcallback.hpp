// A service of one's own that is asked, by HTTP, who may do what.
//
// For each request it gets a POST of {"action", "path", "token", "address", "user_agent", "name"}
// as JSON. 2xx grants; a JSON object with "name" in it says to whom. 401 and 403 refuse, "detail"
// in a JSON object says why. Anything else, or no answer in time, is 503 for the client.
#pragma once

#include "signaling/http/auth.hpp"

#include <libsoup/soup.h>

namespace rtc::http {

// Pure: what is asked, and what the answer means.
std::string write_question(const Head& head, const Wish& wish);
Verdict read_verdict(guint status, std::string_view body, const Wish& wish);

class CallbackAuth : public Auth {
public:
    static Result<std::unique_ptr<Auth>> create(const std::string& url,
                                                std::chrono::milliseconds timeout, Loop& loop);
    ~CallbackAuth() override;
    std::optional<Verdict> judge(const Head& head, const Wish& wish) override;
    void ask(const Head& head, const Wish& wish, std::function<void(Verdict)> done) override;

private:
    CallbackAuth(std::string url, std::chrono::milliseconds timeout, Loop& loop)
        : url_(std::move(url))
        , timeout_(timeout)
        , loop_(loop) {}

    const std::string url_;
    const std::chrono::milliseconds timeout_;
    Loop& loop_;
    Ref<SoupSession> session_; // made on the loop, with the first question
    Ref<GCancellable> ended_;
};

} // namespace rtc::http
