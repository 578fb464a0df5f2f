#include "tests/support/roomtalker.hpp"

namespace rtc::test {
namespace {

constexpr std::chrono::seconds deadline{30};

} // namespace

RoomTalker::RoomTalker(const std::string& url, const std::string& token, bool welcome) {
    loop_.call([&] {
        http::WebSocketClient::Options options{.url = url, .token = token, .tls_ca_file = ""};
        options.insecure = true;
        client_ = std::move(*http::WebSocketClient::create(loop_, options));
        client_->open([this](auto outcome) {
            std::lock_guard lock(mutex_);
            done_ = true;
            changed_.notify_all();
            if (auto* failure = std::get_if<http::WebSocketClient::Failure>(&outcome)) {
                failure_ = failure->text;
                return;
            }
            socket_ = std::move(std::get<0>(outcome));
            socket_->on_text([this](std::string_view text) {
                auto message = room::parse_server_message(text);
                if (!message)
                    g_error("%s", message.error().message.c_str());
                std::lock_guard guard(mutex_);
                messages_.push_back(*message);
                changed_.notify_all();
            });
            socket_->on_closed([this] {
                std::lock_guard guard(mutex_);
                closed_ = true;
                changed_.notify_all();
            });
        });
    });
    wait_until([this] { return done_; });
    if (welcome && failure_.empty())
        id_ = wait<room::Welcome>().peer;
}

RoomTalker::~RoomTalker() {
    loop_.call([this] {
        socket_.reset();
        client_.reset();
    });
}

void RoomTalker::wait_until(const std::function<bool()>& there) {
    std::unique_lock lock(mutex_);
    g_assert_true(changed_.wait_for(lock, deadline, there));
}

void RoomTalker::send(const std::string& text) {
    loop_.call([&] { socket_->send(text); });
}

void RoomTalker::wait_closed() {
    wait_until([this] { return closed_; });
}

// The list is answered after the status was taken.
void RoomTalker::enter(room::Roles roles, const std::string& meta) {
    send(room::SetPeerStatus{roles, meta});
    send(room::ListConsumers{});
    wait<room::Consumers>();
    if (roles.listener)
        wait<room::PeerStatusChanged>(); // its own
}

} // namespace rtc::test
