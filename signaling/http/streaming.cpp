// The server's part that carries event streams.
#include "signaling/http/server.hpp"
#include "signaling/http/soup.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

constexpr std::chrono::seconds keep_alive_interval{15};
// A client that has this much before it takes nothing.
constexpr gsize max_unsent = 64 * 1024;

void on_wrote(SoupServerMessage*, guint size, gpointer unsent) {
    auto& rest = *static_cast<gsize*>(unsent);
    rest -= std::min<gsize>(rest, size);
}

} // namespace

void Server::begin_stream(SoupServerMessage* message, const std::shared_ptr<EventStream>& stream) {
    auto& streaming = streams_[message];
    streaming.stream = stream;
    streaming.unsent = std::make_unique<gsize>(0);
    g_signal_connect(message, "wrote-body-data", G_CALLBACK(on_wrote), streaming.unsent.get());
    streaming.keep_alive = loop_->every(keep_alive_interval, [weak = std::weak_ptr(stream)] {
        if (auto held = weak.lock())
            held->keep_alive();
    });
    auto* connection = connection_of(message);
    if (!connection)
        return;
    connection->handling();
    connection->watch([this, message] { cut_stream(message); });
    stream->attach([this, message](std::optional<std::string> text) {
        write_stream(message, std::move(text));
    });
}

void Server::write_stream(SoupServerMessage* message, std::optional<std::string> text) {
    auto found = streams_.find(message);
    if (found == streams_.end())
        return;
    auto* body = soup_server_message_get_response_body(message);
    if (!text) {
        soup_message_body_complete(body);
        set_sending(message, true);
        if (auto* connection = connection_of(message)) {
            connection->unwatch();
            connection->writing();
        }
    } else if (text->empty()) {
        return;
    } else {
        *found->second.unsent += text->size();
        auto bytes = adopt(g_bytes_new(text->data(), text->size()));
        soup_message_body_append_bytes(body, bytes.get());
    }
    soup_server_message_unpause(message);
    if (text && *found->second.unsent > max_unsent)
        cut_stream(message);
}

// libsoup notices when it writes.
void Server::cut_stream(SoupServerMessage* message) {
    if (!streams_.contains(message))
        return;
    if (auto* connection = connection_of(message))
        connection->close();
    soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_STATIC,
                             ":\n\n", 3);
    soup_server_message_unpause(message);
}

// libsoup doesn't tell of what it cuts in the end.
void Server::end_streams() {
    while (!streams_.empty()) {
        auto* message = streams_.begin()->first;
        if (auto* connection = connection_of(message))
            connection->unwatch();
        end_stream(message);
    }
}

void Server::end_stream(SoupServerMessage* message) {
    auto streaming = streams_.extract(message);
    if (!streaming)
        return;
    g_signal_handlers_disconnect_by_data(message, streaming.mapped().unsent.get());
    if (auto stream = streaming.mapped().stream.lock())
        stream->lose();
}

} // namespace rtc::http
