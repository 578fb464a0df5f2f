#include "signaling/sdp/iceserver.hpp"

#include "tests/unit/sdp_data.hpp"

using namespace rtc;
using sdp::IceServer;
using Scheme = IceServer::Scheme;

static void forms() {
    struct Case {
        const char* text;
        IceServer server;
        const char *uri, *rfc_uri, *redacted;
    } cases[] = {
        {"stun:stun.example",
         {Scheme::stun, "stun.example", 3478},
         "stun://stun.example:3478",
         "stun:stun.example:3478",
         "stun://stun.example:3478"},
        {"stun://192.0.2.1:19302",
         {Scheme::stun, "192.0.2.1", 19302},
         "stun://192.0.2.1:19302",
         "stun:192.0.2.1:19302",
         "stun://192.0.2.1:19302"},
        {" STUN://host/ ",
         {Scheme::stun, "host", 3478},
         "stun://host:3478",
         "stun:host:3478",
         "stun://host:3478"},
        {"stuns:host",
         {Scheme::stuns, "host", 5349},
         "stuns://host:5349",
         "stuns:host:5349",
         "stuns://host:5349"},
        {"stun:[2001:db8::1]",
         {Scheme::stun, "2001:db8::1", 3478},
         "stun://[2001:db8::1]:3478",
         "stun:[2001:db8::1]:3478",
         "stun://[2001:db8::1]:3478"},
        {"turn:host",
         {Scheme::turn, "host", 3478},
         "turn://host:3478",
         "turn:host:3478",
         "turn://host:3478"},
        {"turn://ann:secret@host:5000?transport=udp",
         {Scheme::turn, "host", 5000, "udp", "ann", "secret"},
         "turn://ann:secret@host:5000?transport=udp",
         "turn:host:5000?transport=udp",
         "turn://ann:***@host:5000?transport=udp"},
        // A time-limited user name has a colon of its own.
        {"turn://1700000000%3Aann:a%2Bb%2F%3D%40c@[::1]:1?transport=TCP",
         {Scheme::turn, "::1", 1, "tcp", "1700000000:ann", "a+b/=@c"},
         "turn://1700000000%3Aann:a%2Bb%2F%3D%40c@[::1]:1?transport=tcp",
         "turn:[::1]:1?transport=tcp",
         "turn://1700000000%3Aann:***@[::1]:1?transport=tcp"},
        {"turns:ann:p@ss:w0rd@host",
         {Scheme::turns, "host", 5349, "", "ann", "p@ss:w0rd"},
         "turns://ann:p%40ss%3Aw0rd@host:5349",
         "turns:host:5349",
         "turns://ann:***@host:5349"},
    };
    for (const auto& c : cases) {
        auto server = sdp::parse_ice_server(c.text);
        if (!server)
            g_error("%s: %s", c.text, server.error().message.c_str());
        g_assert_true(*server == c.server);
        assert_equal(server->to_uri(), c.uri);
        assert_equal(server->to_rfc_uri(), c.rfc_uri);
        assert_equal(server->redacted(), c.redacted);
        g_assert_true(*sdp::parse_ice_server(server->to_uri()) == c.server);
    }
}

static void refused() {
    struct Case {
        std::string_view text;
        const char* words;
    } cases[] = {
        {"", "begins with none of"},
        {"stun", "begins with none of"},
        {"http://host", "begins with none of"},
        {"stun:", "the host is not"},
        {"stun://", "the host is not"},
        {"stun:ho st", "the host is not"},
        {"stun:host\r\nx", "the host is not"},
        {"stun:h\xc3\xb6st", "the host is not"},
        {"stun:2001:db8::1", "the port is not"},
        {"stun:[2001:db8::1", "closing bracket"},
        {"stun:[host]", "the host is not"},
        {"stun:[192.0.2.1]", "the host is not"},
        {"stun:[fe80::1%eth0]", "the host is not"},
        {"stun:[::%ann:\xff]", "the host is not"},
        {{"stun:[::1\0.example]", 19}, "the host is not"},
        {"stun:[::1]x", "follows the IPv6"},
        {"stun:host:", "the port is not"},
        {"stun:host:0", "the port is not"},
        {"stun:host:65536", "the port is not"},
        {"stun:host:12x", "the port is not"},
        {"stun:host/path", "the host is not"},
        {"stun:ann:secret@host", "takes no user name"},
        {"stun:host?transport=udp", "may follow the ?"},
        {"turn:host?transport=sctp", "may follow the ?"},
        {"turn:host?x=1", "may follow the ?"},
        {"turn:ann@host", "is not user:credential"},
        {"turn::secret@host", "is not user:credential"}, // once lost the credential
        {"turn:ann:se%cret@host", "percent-encoded"},
        {"turn:ann:secret%2@host", "percent-encoded"},
        {"turn:ann%0d%0aX:secret@host", "control character"},
        {"turn:ann:secret%00@host", "control character"},
        {"turn:ann:secret%ff@host", "UTF-8"},
    };
    for (const auto& c : cases) {
        auto server = sdp::parse_ice_server(c.text);
        if (server)
            g_error("accepted: %s", std::string(c.text).c_str());
        assert_contains(server.error().message, c.words);
        g_assert_cmpuint(server.error().message.find("secret"), ==, std::string::npos);
    }
    g_assert_false(bool(sdp::parse_ice_server("stun:" + std::string(5000, 'x'))));
}

static void lists() {
    auto list = sdp::parse_ice_servers(" stun:a , turn:u:p@b?transport=udp,,\n stun:c ");
    g_assert_true(bool(list));
    g_assert_cmpuint(list->size(), ==, 3);
    assert_equal((*list)[1].user, "u");
    assert_equal((*list)[2].host, "c");
    g_assert_true(sdp::parse_ice_servers("")->empty());
    g_assert_false(bool(sdp::parse_ice_servers("stun:a,nonsense")));
}

static void written_links() {
    auto link = [](const char* uri) { return sdp::to_link_header(*sdp::parse_ice_server(uri)); };
    assert_equal(link("stun:host"), "<stun:host:3478>; rel=\"ice-server\"");
    assert_equal(link("turn:1%3Aann:a%2Bb@host?transport=udp"),
                 "<turn:host:3478?transport=udp>; rel=\"ice-server\"; username=\"1:ann\"; "
                 "credential=\"a+b\"; credential-type=\"password\"");
    // Back again, whatever the credentials are.
    for (auto* uri : {"stun:host", "turns:[::1]:1", "turn:a%22b%5C:c%2Cd%3Be%3E@host",
                      "turn:%C3%A9:%20%20@host?transport=tcp"}) {
        auto read = sdp::parse_link_header(link(uri));
        g_assert_cmpuint(read.size(), ==, 1);
        g_assert_true(read[0] == *sdp::parse_ice_server(uri));
    }
}

static void read_links() {
    struct Case {
        const char *value, *uris;
    } cases[] = {
        {"", ""},
        {"<stun:a>; rel=ice-server", "stun://a:3478"},
        {"<stun:a>;rel=\"ice-server\"", "stun://a:3478"},
        {"  <stun:a> ; REL = \"next Ice-Server\" ", "stun://a:3478"},
        {"<stun:a>; rel=\"ice-server\", <turn:b?transport=udp>; rel=\"ice-server\"; "
         "username=\"u\"; credential=\"p,;>\\\"\"; credential-type=\"password\"",
         "stun://a:3478 turn://u:p%2C%3B%3E%22@b:3478?transport=udp"},
        // The whole URI percent-encoded.
        {"<turn:a%3A5000%3Ftransport=tcp>; rel=\"ice-server\"; username=u; credential=p",
         "turn://u:p@a:5000?transport=tcp"},
        // Other relations and broken links are passed over.
        {"<https://x/,y>; rel=\"next\"; title=\"a, <stun:no>; rel=ice-server\", "
         "<stun:a>; rel=\"ice-server\"",
         "stun://a:3478"},
        {"<stun:a>", ""},
        {"<stun:a; rel=\"ice-server\"", ""},
        {"stun:a; rel=\"ice-server\", <stun:b>; rel=\"ice-server\"", "stun://b:3478"},
        {"<http://a>; rel=\"ice-server\", <stun:b>; rel=\"ice-server\"", "stun://b:3478"},
        {"<stun:a>; rel=\"ice-server, <stun:b>; rel=\"x", ""},
        {"<stun:a>; rel=\"ice-server\" x, <stun:b>; rel=ice-server", "stun://b:3478"},
        {"<stun:a>; rel=next; rel=ice-server", ""}, // the first counts
        {"<stun:a>; rel=ice-server; username=u; credential=p", "stun://a:3478"},
        {"<turn:a>; rel=ice-server; username=\"u\r\nX: y\"; credential=p", ""},
        {"<turn:a>; rel=ice-server; username=\"\xff\"; credential=p", ""},
        {",,<stun:a>;rel=ice-server,,", "stun://a:3478"},
        {"<stun:a>;;rel=ice-server", "stun://a:3478"},
    };
    for (const auto& c : cases) {
        std::string uris;
        for (const auto& server : sdp::parse_link_header(c.value))
            uris += (uris.empty() ? "" : " ") + server.to_uri();
        assert_equal(uris, c.uris);
    }
    std::string many;
    for (int i = 0; i < 100; i++)
        many += "<stun:a>; rel=ice-server, ";
    g_assert_cmpuint(sdp::parse_link_header(many).size(), ==, 32);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/iceserver/forms", forms);
    g_test_add_func("/iceserver/refused", refused);
    g_test_add_func("/iceserver/lists", lists);
    g_test_add_func("/iceserver/written-links", written_links);
    g_test_add_func("/iceserver/read-links", read_links);
    return g_test_run();
}
