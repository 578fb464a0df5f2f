#include "signaling/http/connection.hpp"

#include "signaling/http/addresses.hpp"
#include "signaling/http/listener.hpp"
#include "signaling/http/soup.hpp"
#include "signaling/http/sources.hpp"

#include <poll.h>

namespace rtc::http {
namespace {

constexpr std::chrono::seconds grace{1}; // for libsoup to notice an end
constexpr const char* connection_key = "rtc-http-connection";

// Fires when the other end has closed its side. POLLRDHUP tells that without reading what may come
// before it; GIOCondition has no name for it.
struct HangupSource {
    GSource base;
    GPollFD poll;
};

gboolean hangup_check(GSource* source) {
    return reinterpret_cast<HangupSource*>(source)->poll.revents != 0;
}

gboolean hangup_dispatch(GSource*, GSourceFunc, gpointer data) {
    (*static_cast<std::function<void()>*>(data))();
    return G_SOURCE_REMOVE;
}

GSourceFuncs hangup_functions = {nullptr, hangup_check, hangup_dispatch, nullptr, nullptr, nullptr};

Ref<GSource> new_hangup_source(GSocket* socket) {
    auto source = adopt(g_source_new(&hangup_functions, sizeof(HangupSource)));
    auto* poll = &reinterpret_cast<HangupSource*>(source.get())->poll;
    poll->fd = g_socket_get_fd(socket);
    poll->events = POLLRDHUP | POLLHUP | POLLERR;
    g_source_add_poll(source.get(), poll);
    return source;
}

} // namespace

Connection::Connection(std::shared_ptr<Listener> listener, Ref<GSocket> socket,
                       Ref<GSocketAddress> remote)
    : listener_(std::move(listener))
    , socket_(std::move(socket))
    , client_(client_of(address_of(remote.get()))) {
    listener_->add(this);
    g_object_set_data_full(G_OBJECT(remote.get()), connection_key, this,
                           [](gpointer data) { delete static_cast<Connection*>(data); });
    reading();
}

Connection::~Connection() {
    unwatch();
    listener_->remove(this);
}

Connection* Connection::of(GSocketAddress* remote) {
    return static_cast<Connection*>(g_object_get_data(G_OBJECT(remote), connection_key));
}

void Connection::received(std::string_view bytes) {
    if (framing_.is_between())
        reading();
    if (!bytes.empty())
        return framing_.put(bytes);
    // libsoup answers the end of a connection that is idle: nobody wants that answer.
    if (framing_.end() == Framing::End::between)
        close();
}

void Connection::expect(std::chrono::milliseconds limit) {
    if (auto* loop = listener_->loop())
        timer_ = loop->after(limit, [this] { close(); });
}

void Connection::reading() {
    expect(listener_->timeouts().request);
}

void Connection::handling() {
    timer_.cancel();
}

void Connection::writing() {
    expect(listener_->timeouts().response);
}

void Connection::idle() {
    expect(listener_->timeouts().idle);
    framing_.next();
}

void Connection::close() {
    framing_.end(); // for what a client sends on is read even after this
    // Not g_socket_close() at once: the descriptor stays libsoup's until it has read the end.
    g_socket_shutdown(socket_.get(), TRUE, TRUE, nullptr);
    // libsoup 3.2 never reads it where the client went while it was being answered.
    if (auto* loop = listener_->loop())
        timer_ = loop->after(grace, [this] { g_socket_close(socket_.get(), nullptr); });
}

void Connection::watch(std::function<void()> gone) {
    unwatch();
    if (auto* loop = listener_->loop())
        watch_ =
            attach(new_hangup_source(socket_.get()), loop->context(), nullptr, std::move(gone));
}

void Connection::unwatch() {
    watch_.cancel();
}

} // namespace rtc::http
