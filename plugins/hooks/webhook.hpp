// Tells an HTTP server what has happened, without keeping anybody waiting.
//
// A message is a POST of JSON with the headers of Standard Webhooks 1.0: webhook-id, the same at
// each attempt; webhook-timestamp; and, with a secret, webhook-signature. Redirects are not
// followed.
//
// Life: send() returns at once, on any thread; messages go out, one after the other, on a thread of
// its own. close() waits for those that are left, but not for long.
#pragma once

#include "plugins/hooks/delivery.hpp"
#include "signaling/base/secret.hpp"
#include "signaling/http/client.hpp"

#include <condition_variable>
#include <mutex>

namespace rtc {

class Webhook : public std::enable_shared_from_this<Webhook> {
public:
    struct Options {
        std::string url;
        std::string secret_file;              // "": messages are not signed
        std::string ca_file;                  // PEM; "": the system's authorities
        bool allow_http = false;              // to other hosts than this one
        std::chrono::milliseconds timeout{0}; // how long a message is tried
    };
    // A message that is not delivered, and why. On the webhook's thread, or close()'s.
    using Tell = std::function<void(const WebhookMessage& message, const std::string& why)>;

    // Refused: what is no URL, http to another host, and files that can't be read.
    static Result<std::shared_ptr<Webhook>> create(const Options& options, Tell tell);
    ~Webhook();
    void send(WebhookMessage message);
    // Messages that are not delivered by then are given up.
    void close(std::chrono::milliseconds deadline);

private:
    Webhook(std::string url, SecretText key, std::chrono::milliseconds timeout, Tell tell);
    void go_on();
    void answered(const http::Outcome& outcome);
    http::Request request_for(const WebhookMessage& message) const;
    void leave(const WebhookMessage& message, const std::string& why);
    void note_idle();

    const std::string url_;
    const SecretText key_; // "" for none
    const Tell tell_;
    const std::shared_ptr<Loop> loop_;
    // Of the loop:
    std::unique_ptr<http::Client> client_;
    Delivery delivery_;
    Timer pause_;
    std::mutex mutex_;
    std::condition_variable idle_;
    size_t pending_ = 0; // messages that were given to send() and are not settled; locked
};

// Whether a URL leads to this machine by its name or address. Pure.
bool is_loopback(const std::string& url);

} // namespace rtc
