// A peer names addresses that are not its own: what is sent there is less than it sent itself.
#include "plugins/rtc/candidatebudget.hpp"
#include "tests/element/two_ends.hpp"
#include "tests/support/offers.hpp"

#include "tests/support/noleakcheck.hpp"

#include <gio/gio.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

using namespace rtc;

namespace {

// An IPv4 address that ICE reaches from here.
Ref<GInetAddress> own_address() {
    ifaddrs* list = nullptr;
    g_assert_cmpint(getifaddrs(&list), ==, 0);
    auto found = adopt(g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4));
    for (auto* entry = list; entry; entry = entry->ifa_next)
        if (entry->ifa_addr && entry->ifa_addr->sa_family == AF_INET &&
            (entry->ifa_flags & IFF_UP) && !(entry->ifa_flags & IFF_LOOPBACK)) {
            auto socket =
                adopt(g_socket_address_new_from_native(entry->ifa_addr, sizeof(sockaddr_in)));
            found = retain(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(socket.get())));
        }
    freeifaddrs(list);
    return found;
}

// Sockets of somebody who knows of nothing.
class Bystander {
public:
    explicit Bystander(guint count) {
        auto address = own_address();
        Owned<char> text{g_inet_address_to_string(address.get())};
        for (guint i = 0; i < count; i++) {
            auto socket = adopt(g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, nullptr));
            auto any = adopt(g_inet_socket_address_new(address.get(), 0));
            g_assert_true(g_socket_bind(socket.get(), any.get(), FALSE, nullptr));
            g_socket_set_blocking(socket.get(), FALSE);
            auto bound = adopt(g_socket_get_local_address(socket.get(), nullptr));
            auto port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound.get()));
            lines += "a=candidate:" + std::to_string(i) + " 1 udp 2130706431 " + text.get() + " " +
                     std::to_string(port) + " typ host\r\n";
            sockets_.push_back(std::move(socket));
        }
    }
    struct Received {
        guint sockets = 0;
        gsize bytes = 0;
    };
    Received received() const {
        Received all;
        for (const auto& socket : sockets_) {
            gsize before = all.bytes;
            char packet[2048];
            for (gssize size; (size = g_socket_receive(socket.get(), packet, sizeof packet, nullptr,
                                                       nullptr)) > 0;)
                all.bytes += gsize(size);
            all.sockets += all.bytes > before;
        }
        return all;
    }

    std::string lines; // of a description

private:
    std::vector<Ref<GSocket>> sockets_;
};

void sends_less_than_it_gets() {
    Bystander bystander(100);
    Ends ends;
    g_object_set(ends.src_element.get(), "ice-timeout", 8000, nullptr);
    ends.play();
    auto offer = test::make_offer("sendonly", {"video"}) + bystander.lines;
    auto* signaling = ends.src_signaling.get();
    gst_rtc_signaling_request_session(signaling, "named", "", GST_RTC_OFFERER_PEER,
                                      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, nullptr,
                                      nullptr);
    gst_rtc_signaling_receive_description(signaling, "named", GST_WEBRTC_SDP_TYPE_OFFER,
                                          offer.c_str());
    // The same again, one by one.
    size_t sent = offer.size();
    for (size_t at = 0; (at = bystander.lines.find("candidate:", at)) != std::string::npos; at++) {
        auto line = bystander.lines.substr(at, bystander.lines.find('\r', at) - at);
        gst_rtc_signaling_receive_candidate(signaling, "named", 0, line.c_str());
        sent += line.size();
    }
    // Nobody answers: it gives up, having sent all that it sends.
    ends.receiver.wait_for("rtc-session-ended", "named");
    auto received = bystander.received();
    g_test_message("%zu bytes sent, %zu received on %u sockets", sent, received.bytes,
                   received.sockets);
    g_assert_cmpuint(received.sockets, >, 0);
    g_assert_cmpuint(received.sockets, <=, CandidateBudget::most_of_address);
    g_assert_cmpuint(received.bytes, <, sent);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/candidates/sends-less-than-it-gets", sends_less_than_it_gets);
    return g_test_run();
}
