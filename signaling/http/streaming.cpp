// The server's part that carries answers which aren't there all at once: files and event streams.
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

// A block at a time: the next one once libsoup has written that.
void Server::begin_file(SoupServerMessage* message) {
    using Signal = void (*)(SoupServerMessage*, gpointer);
    Signal wrote = [](SoupServerMessage* to, gpointer self) {
        static_cast<Server*>(self)->send_block(to);
    };
    g_signal_connect(message, "wrote-chunk", G_CALLBACK(wrote), this);
    send_block(message);
}

void Server::send_block(SoupServerMessage* message) {
    auto* transfer = transfer_of(message);
    if (!transfer || !transfer->file)
        return;
    auto* body = soup_server_message_get_response_body(message);
    auto block = transfer->file->next();
    if (block)
        soup_message_body_append_bytes(body, block.get());
    else
        soup_message_body_complete(body);
    auto* connection = connection_of(message);
    if (!connection)
        return;
    connection->writing();
    // Cut meanwhile: the end of the connection tells, for the length is announced.
    if (!block && transfer->file->size())
        connection->close();
}

void Server::begin_stream(SoupServerMessage* message, const std::shared_ptr<EventStream>& stream) {
    auto& transfer = transfers_[message];
    transfer.stream = stream;
    g_signal_connect(message, "wrote-body-data", G_CALLBACK(on_wrote), &transfer.unsent);
    transfer.keep_alive = loop_->every(keep_alive_interval, [weak = std::weak_ptr(stream)] {
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
    auto* transfer = transfer_of(message);
    if (!transfer)
        return;
    auto* body = soup_server_message_get_response_body(message);
    if (!text) {
        soup_message_body_complete(body);
        set_sending(*transfer, true);
        if (auto* connection = connection_of(message)) {
            connection->unwatch();
            connection->writing();
        }
    } else if (text->empty()) {
        return;
    } else {
        transfer->unsent += text->size();
        auto bytes = adopt(g_bytes_new(text->data(), text->size()));
        soup_message_body_append_bytes(body, bytes.get());
    }
    soup_server_message_unpause(message);
    if (text && transfer->unsent > max_unsent)
        cut_stream(message);
}

// libsoup notices when it writes.
void Server::cut_stream(SoupServerMessage* message) {
    if (!transfer_of(message))
        return;
    if (auto* connection = connection_of(message))
        connection->close();
    soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_STATIC,
                             ":\n\n", 3);
    soup_server_message_unpause(message);
}

// libsoup doesn't tell of what it cuts in the end.
void Server::end_streams() {
    auto is_stream = [](const auto& entry) { return !entry.second.stream.expired(); };
    auto next = [&] { return std::find_if(transfers_.begin(), transfers_.end(), is_stream); };
    for (auto found = next(); found != transfers_.end(); found = next()) {
        auto ended = transfers_.extract(found);
        if (auto* connection = connection_of(ended.key()))
            connection->unwatch();
        end_stream(ended.key(), ended.mapped());
    }
}

void Server::end_stream(SoupServerMessage* message, Transfer& transfer) {
    auto stream = transfer.stream.lock();
    g_signal_handlers_disconnect_by_data(message, &transfer.unsent);
    if (stream)
        stream->lose();
}

} // namespace rtc::http
