#include "plugins/hooks/webhook.hpp"

#include "plugins/hooks/signature.hpp"
#include "signaling/http/url.hpp"

#include <gio/gio.h>

namespace rtc {
namespace {

constexpr std::chrono::seconds attempt_timeout{10};

std::chrono::milliseconds now() {
    return std::chrono::milliseconds(g_get_monotonic_time() / 1000);
}

Result<SecretText> read_key(const std::string& file) {
    if (file.empty())
        return SecretText();
    char* text = nullptr;
    gsize size = 0;
    GError* error = nullptr;
    if (!g_file_get_contents(file.c_str(), &text, &size, &error)) {
        Owned<GError> owned{error};
        return Error{std::string("webhook-secret-file can't be read: ") + error->message};
    }
    auto key = parse_webhook_secret({text, size});
    wipe_and_free(text, size);
    if (!key)
        return Error{"webhook-secret-file: " + key.error().message};
    return std::move(*key);
}

Result<std::string> check_url(const Webhook::Options& options) {
    auto url = http::parse_url(options.url);
    if (!url)
        return Error{"webhook: " + url.error().message};
    if (!g_str_has_prefix(url->c_str(), "https:") && !options.allow_http && !is_loopback(*url))
        return Error{"webhook: over http anybody on the way reads and changes what is told; write "
                     "https, or set webhook-allow-http=true"};
    return url;
}

// Client's errors speak of a property that others have.
std::string in_our_words(std::string text) {
    constexpr std::string_view theirs = "tls-ca-file";
    if (auto at = text.find(theirs); at != text.npos)
        text.replace(at, theirs.size(), "webhook-ca-file");
    return text;
}

} // namespace

bool is_loopback(const std::string& url) {
    auto uri = adopt(g_uri_parse(url.c_str(), G_URI_FLAGS_NONE, nullptr));
    const char* host = uri ? g_uri_get_host(uri.get()) : nullptr;
    if (!host)
        return false;
    if (g_ascii_strcasecmp(host, "localhost") == 0)
        return true;
    auto address = adopt(g_inet_address_new_from_string(host));
    return address && g_inet_address_get_is_loopback(address.get());
}

Webhook::Webhook(std::string url, SecretText key, std::chrono::milliseconds timeout, Tell tell)
    : url_(std::move(url))
    , key_(std::move(key))
    , tell_(std::move(tell))
    , loop_(std::make_shared<Loop>("rtcwebhook"))
    , delivery_(timeout) {}

Result<std::shared_ptr<Webhook>> Webhook::create(const Options& options, Tell tell) {
    auto url = check_url(options);
    if (!url)
        return url.error();
    auto key = read_key(options.secret_file);
    if (!key)
        return key.error();
    std::shared_ptr<Webhook> webhook(
        new Webhook(*url, std::move(*key), options.timeout, std::move(tell)));
    auto client = http::Client::create(webhook->loop_, {.tls_ca_file = options.ca_file});
    if (!client)
        return Error{in_our_words(client.error().message)};
    webhook->client_ = std::move(*client);
    return webhook;
}

Webhook::~Webhook() {
    loop_->call([this] {
        pause_.cancel();
        client_.reset();
    });
}

void Webhook::send(WebhookMessage message) {
    {
        std::lock_guard lock(mutex_);
        pending_++;
    }
    loop_->post([weak = weak_from_this(), message = std::move(message)] {
        auto self = weak.lock();
        if (!self)
            return;
        if (!self->client_)
            return self->leave(message, "it came too late");
        if (auto dropped = self->delivery_.add(message, now()))
            self->leave(*dropped, "too many messages are waiting");
        self->go_on();
    });
}

void Webhook::go_on() {
    pause_.cancel();
    if (!client_)
        return;
    if (const auto* message = delivery_.take(now())) {
        auto done = [weak = weak_from_this()](const http::Outcome& outcome) {
            if (auto self = weak.lock())
                self->answered(outcome);
        };
        client_->send(request_for(*message), attempt_timeout, done);
        return;
    }
    if (auto pause = delivery_.pause(now()))
        pause_ = loop_->after(*pause, [weak = weak_from_this()] {
            if (auto self = weak.lock())
                self->go_on();
        });
}

http::Request Webhook::request_for(const WebhookMessage& message) const {
    auto timestamp = g_get_real_time() / G_USEC_PER_SEC;
    http::Request request{.method = "POST", .url = url_};
    request.content_type = "application/json";
    request.body = message.body;
    request.headers = {{"webhook-id", message.id},
                       {"webhook-timestamp", std::to_string(timestamp)}};
    if (!key_.empty())
        request.headers.emplace_back(
            "webhook-signature", sign_webhook(key_.view(), message.id, timestamp, message.body));
    return request;
}

void Webhook::answered(const http::Outcome& outcome) {
    const auto* response = std::get_if<http::Response>(&outcome);
    auto answer = judge_answer(response ? response->status : 0);
    auto why = response ? "the server answered " + http::explain(*response)
                        : in_our_words(std::get<http::Failure>(outcome).text);
    std::chrono::seconds wait{0};
    if (response && answer == Answer::busy)
        wait = http::retry_after(*response, g_get_real_time() / G_USEC_PER_SEC)
                   .value_or(std::chrono::seconds(0));
    auto given_up = delivery_.settle(answer, now(), g_random_double(), wait);
    if (given_up)
        leave(*given_up, why);
    else if (answer == Answer::delivered)
        note_idle();
    go_on();
}

void Webhook::leave(const WebhookMessage& message, const std::string& why) {
    tell_(message, why);
    note_idle();
}

void Webhook::note_idle() {
    std::lock_guard lock(mutex_);
    if (--pending_ == 0)
        idle_.notify_all();
}

void Webhook::close(std::chrono::milliseconds deadline) {
    std::unique_lock lock(mutex_);
    if (pending_ > 0)
        loop_->post([weak = weak_from_this()] {
            auto self = weak.lock();
            if (!self)
                return;
            self->delivery_.hurry(now());
            self->go_on();
        });
    idle_.wait_for(lock, deadline, [&] { return pending_ == 0; });
    lock.unlock();
    loop_->call([this] {
        pause_.cancel();
        client_.reset();
        for (const auto& message : delivery_.give_up())
            leave(message, "there was no more time");
    });
}

} // namespace rtc
