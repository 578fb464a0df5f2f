#include "signaling/sdp/candidate.hpp"

#include "tests/unit/sdp_data.hpp"

using namespace rtc;
using sdp::parse_candidate;

static void fields() {
    auto c =
        parse_candidate("a=candidate:842163049 1 UDP 1677729535 203.0.113.5 61764 typ srflx "
                        "raddr 192.0.2.7 rport 61765 generation 0 ufrag EEtu network-id 3\r\n");
    g_assert_true(c.has_value());
    assert_equal(c->foundation, "842163049");
    g_assert_cmpuint(c->component, ==, 1);
    assert_equal(c->transport, "udp");
    g_assert_cmpuint(c->priority, ==, 1677729535);
    assert_equal(c->address, "203.0.113.5");
    g_assert_cmpuint(c->port, ==, 61764);
    assert_equal(c->type, "srflx");
    assert_equal(c->related_address, "192.0.2.7");
    g_assert_cmpuint(c->related_port, ==, 61765);
    assert_equal(c->tcp_type, "");
    assert_equal(c->extensions, "generation 0 ufrag EEtu network-id 3");
    assert_equal(c->to_string(),
                 "candidate:842163049 1 udp 1677729535 203.0.113.5 61764 typ srflx raddr "
                 "192.0.2.7 rport 61765 generation 0 ufrag EEtu network-id 3");
}

// Whatever prefix it comes with, it goes on with the one that webrtcbin wants.
static void prefixes() {
    const std::string body = "1 1 udp 1 192.0.2.1 9000 typ host";
    for (const auto& text :
         {body, "candidate:" + body, "a=candidate:" + body, "a=candidate:" + body + "\n",
          body + "\r\n", "candidate:" + body + "  "}) {
        auto c = parse_candidate(text);
        g_assert_true(c.has_value());
        assert_equal(c->to_string(), ("candidate:" + body));
    }
}

static void refused() {
    for (const std::string text : {
             "",
             "candidate:",
             "a=candidate:",
             "a=",
             "nonsense",
             "1 1 udp 1 192.0.2.1 9000 typ",
             "1 1 udp 1 192.0.2.1 9000 host",
             "1 0 udp 1 192.0.2.1 9000 typ host",
             "1 257 udp 1 192.0.2.1 9000 typ host",
             "1 x udp 1 192.0.2.1 9000 typ host",
             "1 -1 udp 1 192.0.2.1 9000 typ host",
             "1 1 udp 4294967296 192.0.2.1 9000 typ host",
             "1 1 udp 99999999999999999999999 192.0.2.1 9000 typ host",
             "1 1 udp 1 192.0.2.1 65536 typ host",
             "1 1 udp 1 192.0.2.1 +9 typ host",
             "1 1 udp 1 192.0.2.1/8 9000 typ host",
             "1 1 udp 1 192.0.2.1 9000 typ host raddr",
             "1 1 udp 1 192.0.2.1 9000 typ host rport x",
             "1 1 udp 1 192.0.2.1 9000 typ host raddr 192.0.2.2",
             "1 1 udp 1 192.0.2.1 9000 typ host raddr a/b",
             "f_oo 1 udp 1 192.0.2.1 9000 typ host",
             "123456789012345678901234567890123 1 udp 1 192.0.2.1 9000 typ host",
             "1 1 udp 1 192.0.2.1 9000 typ host\r\na=setup:active",
             "1 1 udp 1 192.0.2.1 9000 typ host ufrag \x01",
             "1 1 udp 1 192.0.2.1 9000 typ host ufrag \xc3\xa9",
         })
        if (parse_candidate(text))
            g_error("accepted: %s", text.c_str());
    g_assert_false(parse_candidate("1 1 udp 1 192.0.2.1 9 typ host a " + std::string(300, 'x')));
    std::string many = "1 1 udp 1 192.0.2.1 9 typ host";
    for (int i = 0; i < 300; i++)
        many += " a b";
    g_assert_false(parse_candidate(many));
    // The longest is as long with every prefix.
    std::string longest = "1 1 udp 1 192.0.2.1 9 typ host";
    while (longest.size() + 4 <= 1024)
        longest += " a b";
    g_assert_true(parse_candidate(parse_candidate("a=candidate:" + longest)->to_string()));
}

static void kinds_of_address() {
    struct Case {
        const char* address;
        bool literal, mdns, local, usable;
    } cases[] = {
        {"203.0.113.1", true, false, false, true},
        {"8.8.8.8", true, false, false, true},
        {"192.168.1.1", true, false, true, true},
        {"10.1.2.3", true, false, true, true},
        {"172.31.0.1", true, false, true, true},
        {"172.32.0.1", true, false, false, true},
        {"127.0.0.1", true, false, true, true},
        {"169.254.169.254", true, false, true, true},
        {"100.64.0.1", true, false, true, true},
        {"100.128.0.1", true, false, false, true},
        {"0.0.0.0", true, false, true, false},
        {"224.0.0.1", true, false, true, false},
        {"255.255.255.255", true, false, true, false},
        {"2001:4860::1", true, false, false, true},
        {"::1", true, false, true, true},
        {"::", true, false, true, false},
        {"fe80::1", true, false, true, true},
        {"fd00::2", true, false, true, true},
        {"ff02::1", true, false, true, false},
        {"0.1.2.3", true, false, true, false},
        {"240.0.0.1", true, false, true, false},
        {"::ffff:0.0.0.0", true, false, true, false},
        {"::ffff:224.0.0.1", true, false, true, false},
        {"::ffff:10.0.0.1", true, false, true, true},
        {"::ffff:8.8.8.8", true, false, false, true},
        {"fe80::1%eth0", false, false, false, false},
        {"host.example", false, false, false, false},
        {"0c5a-11.local", false, true, false, false},
        {"0C5A.LOCAL", false, true, false, false},
        {"x.local.example", false, false, false, false},
        {".local", false, false, false, false},
        {"127.1", false, false, false, false},
        {"2130706433", false, false, false, false},
        {"1.2.3", false, false, false, false},
    };
    for (const auto& c : cases) {
        auto candidate = parse_candidate(std::string("1 1 udp 1 ") + c.address + " 9000 typ host");
        if (!candidate || candidate->is_ip_literal() != c.literal ||
            candidate->is_mdns() != c.mdns || candidate->is_usable() != c.usable ||
            sdp::is_local_address(c.address) != c.local)
            g_error("%s", c.address);
    }
    g_assert_false(sdp::is_local_address(""));
}

static void usable() {
    struct Case {
        const char* text;
        bool usable;
    } cases[] = {
        {"1 1 udp 1 192.0.2.1 9000 typ host", true},
        {"1 1 UDP 1 192.0.2.1 9000 typ HOST", true},
        {"1 1 udp 1 192.0.2.1 9000 typ prflx raddr 0.0.0.0 rport 0", true},
        {"1 1 udp 1 192.0.2.1 9000 typ relay raddr x.local rport 1", true},
        {"1 1 udp 1 192.0.2.1 9000 typ other", false},
        {"1 2 udp 1 192.0.2.1 9000 typ host", false},
        {"1 1 udp 1 192.0.2.1 0 typ host", false},
        {"1 1 udp 1 192.0.2.1 53 typ host", false},
        {"1 1 udp 1 192.0.2.1 1023 typ host", false},
        {"1 1 udp 1 192.0.2.1 1024 typ host", true},
        {"1 1 udp 1 192.0.2.1 443 typ host", true},
        {"1 1 udp 1 2001:4860::1 80 typ host", true},
        {"1 1 udp 1 10.0.0.1 443 typ host", false},
        {"1 1 udp 1 ::ffff:10.0.0.1 443 typ host", false},
        {"1 1 dccp 1 192.0.2.1 9000 typ host", false},
        {"1 1 tcp 1 192.0.2.1 9 typ host tcptype ACTIVE", true},
        {"1 1 tcp 1 192.0.2.1 9000 typ host tcptype passive generation 0", true},
        {"1 1 tcp 1 192.0.2.1 9000 typ host tcptype so", true},
        {"1 1 tcp 1 192.0.2.1 9000 typ host tcptype x", false},
        {"1 1 tcp 1 192.0.2.1 9000 typ host", false},
    };
    for (const auto& c : cases)
        if (parse_candidate(c.text)->is_usable() != c.usable)
            g_error("%s", c.text);
}

// All that browsers wrote is read, and written as it was but for the case of the transport.
static void real_candidates() {
    guint count = 0;
    for (const auto& name : browser_offers)
        for (const auto& [mline, text] : sdp::candidates(parsed(read_sdp(name)).get())) {
            auto c = parse_candidate(text);
            g_assert_true(c.has_value());
            auto lower = all_replaced(all_replaced(text, " UDP ", " udp "), " TCP ", " tcp ");
            assert_equal(c->to_string(), lower);
            count++;
        }
    g_assert_cmpuint(count, >, 50);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/candidate/fields", fields);
    g_test_add_func("/candidate/prefixes", prefixes);
    g_test_add_func("/candidate/refused", refused);
    g_test_add_func("/candidate/kinds-of-address", kinds_of_address);
    g_test_add_func("/candidate/usable", usable);
    g_test_add_func("/candidate/real-candidates", real_candidates);
    return g_test_run();
}
