#include "plugins/transport/nicepath.hpp"

#include <nice/agent.h>

#include <atomic>
#include <vector>

namespace rtc {
namespace {

// Outlives the path where the agent is just telling it something.
struct Selection {
    std::atomic<bool> changed{true};
};
using SelectionRef = std::shared_ptr<Selection>;

bool is_plain_udp(const NiceCandidate* local) {
    return local->type != NICE_CANDIDATE_TYPE_RELAYED &&
           local->transport == NICE_CANDIDATE_TRANSPORT_UDP;
}

class NicePath : public Path {
public:
    NicePath(GObject* agent, guint stream, guint component)
        : agent_(retain(agent))
        , stream_(stream)
        , component_(component) {
        handler_ = g_signal_connect_data(
            agent, "new-selected-pair-full",
            G_CALLBACK(+[](NiceAgent*, guint, guint, NiceCandidate*, NiceCandidate*,
                           gpointer data) { (*static_cast<SelectionRef*>(data))->changed = true; }),
            new SelectionRef(selection_),
            [](gpointer data, GClosure*) { delete static_cast<SelectionRef*>(data); },
            GConnectFlags(0));
    }
    ~NicePath() override { g_signal_handler_disconnect(agent_.get(), handler_); }

    size_t send(Datagrams datagrams) override {
        if (selection_->changed.exchange(false))
            look();
        if (!socket_)
            return send_through_agent(datagrams);
        if (g_socket_is_closed(socket_.get()))
            return 0;
        return send_datagrams(g_socket_get_fd(socket_.get()), remote_, datagrams);
    }

private:
    NiceAgent* agent() { return NICE_AGENT(agent_.get()); }

    void look() {
        socket_.reset();
        NiceCandidate *local = nullptr, *remote = nullptr;
        if (!nice_agent_get_selected_pair(agent(), stream_, component_, &local, &remote)) {
            selection_->changed = true; // not yet
            return;
        }
        if (!is_plain_udp(local))
            return;
        nice_address_copy_to_sockaddr(&remote->addr, reinterpret_cast<sockaddr*>(&remote_.storage));
        remote_.size =
            remote_.storage.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
        socket_ = adopt(nice_agent_get_selected_socket(agent(), stream_, component_));
    }

    size_t send_through_agent(Datagrams datagrams) {
        std::vector<GOutputVector> vectors(datagrams.size());
        std::vector<NiceOutputMessage> messages(datagrams.size());
        for (size_t i = 0; i < datagrams.size(); i++) {
            vectors[i] = {datagrams[i].data(), datagrams[i].size()};
            messages[i] = {&vectors[i], 1};
        }
        auto sent =
            nice_agent_send_messages_nonblocking(agent(), stream_, component_, messages.data(),
                                                 guint(messages.size()), nullptr, nullptr);
        return sent > 0 ? size_t(sent) : 0;
    }

    Ref<GObject> agent_;
    guint stream_, component_;
    SelectionRef selection_ = std::make_shared<Selection>();
    gulong handler_ = 0;
    Ref<GSocket> socket_; // of a plain UDP pair
    SocketAddress remote_;
};

} // namespace

std::unique_ptr<Path> make_nice_path(GObject* agent, guint stream, guint component) {
    return std::make_unique<NicePath>(agent, stream, component);
}

} // namespace rtc
