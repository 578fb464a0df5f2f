// What clients of WHIP and WHEP are tested against.
#pragma once

#include "tests/element/serving.hpp"
#include "tests/support/offers.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rtc::test {

// An endpoint that answers as the test says, and keeps what it was asked.
class Script {
public:
    using Exchange = std::shared_ptr<http::Exchange>;
    explicit Script(std::function<void(const Exchange&)> act)
        : act_(std::move(act))
        , serving_(endpoint()) {}

    std::string url() const { return serving_.base + "/call"; }
    // The next request of this method.
    Exchange wait(const char* method) {
        std::unique_lock lock(mutex_);
        auto found = seen_.end();
        auto there = [&] {
            found = std::find_if(seen_.begin(), seen_.end(), [&](const Exchange& exchange) {
                return exchange->head().method == method;
            });
            return found != seen_.end();
        };
        g_assert_true(changed_.wait_for(lock, std::chrono::seconds(20), there));
        auto exchange = *found;
        seen_.erase(found);
        return exchange;
    }

private:
    http::Endpoint endpoint() {
        auto result = echo("/call");
        result.max_body = 100000;
        result.methods = [](const std::string&) { return "POST, PATCH, DELETE"; };
        result.handle = [this](Exchange exchange) {
            act_(exchange);
            std::lock_guard lock(mutex_);
            seen_.push_back(std::move(exchange));
            changed_.notify_all();
        };
        return result;
    }

    std::function<void(const Exchange&)> act_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Exchange> seen_;
    Serving serving_; // the last, so that it goes first
};

inline http::Response created() {
    return http::text_response(201, "application/sdp", make_answer())
        .with("Location", "/call/session")
        .with("ETag", "\"tag\"");
}

inline void serve(const Script::Exchange& exchange) {
    exchange->respond(exchange->head().method == "POST" ? created()
                                                        : http::Response{.status = 200});
}

} // namespace rtc::test
