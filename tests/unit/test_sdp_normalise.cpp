#include "signaling/sdp/candidate.hpp"
#include "tests/unit/sdp_data.hpp"

#include <set>

using namespace rtc;
using sdp::DescriptionType;

static std::string normalised(const std::string& text) {
    auto message = parsed(text);
    sdp::normalise(message.get());
    return sdp::to_string(message.get());
}

static std::string head_of(const std::string& text) {
    return text.substr(0, text.find("m="));
}

static std::string section_of(const std::string& text, guint index) {
    size_t at = text.find("\nm=");
    while (index-- > 0)
        at = text.find("\nm=", at + 1);
    return text.substr(at + 1, text.find("\nm=", at + 1) - at);
}

// What webrtcbin's own checks want of every description, whoever wrote it.
static void every_peer() {
    auto names = browser_offers;
    for (auto* name :
         {"obs", "ffmpeg", "chromium-answer-rejects-video", "firefox-answer-rejects-video"})
        names.emplace_back(name);
    for (const auto& name : names) {
        g_test_message("%s", name.c_str());
        auto text = normalised(read_sdp(name));
        auto message = parsed(text);
        auto type =
            name.find("answer") == name.npos ? DescriptionType::offer : DescriptionType::answer;
        g_assert_true(bool(sdp::validate(message.get(), type)));
        for (auto* key : {"a=setup", "a=fingerprint", "a=ice-ufrag", "a=ice-pwd", "a=sendrecv",
                          "a=extmap-allow-mixed"})
            g_assert_cmpuint(count_lines(head_of(text), key), ==, 0);
        g_assert_cmpuint(count_lines(head_of(text), "a=group:"), ==, 1);
        auto credentials = sdp::ice_credentials(message.get());
        for (const auto& line : sdp::media_lines(message.get())) {
            auto section = section_of(text, line.index);
            for (auto* key :
                 {"a=setup:", "a=fingerprint:sha-256 ", "a=ice-ufrag:", "a=ice-pwd:", "a=mid:"})
                g_assert_cmpuint(count_lines(section, key), ==, 1);
            g_assert_true(sdp::ice_credentials(message.get(), line.index) == credentials);
            guint directions = 0;
            for (auto* key : {"a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"})
                directions += count_lines(section, key);
            if (line.media != "application")
                g_assert_cmpuint(directions, ==, 1);
            for (auto* key : {"a=rid", "a=simulcast", "a=bundle-only", "a=extmap-allow-mixed"})
                g_assert_cmpuint(count_lines(section, key), ==, 0);
        }
        for (const auto& [mline, candidate] : sdp::candidates(message.get()))
            g_assert_true(sdp::parse_candidate(candidate)->is_usable());
        // Once is enough.
        assert_equal(normalised(text), text);
    }
}

static void what_each_loses() {
    g_assert_cmpuint(count_lines(normalised(read_sdp("chromium-mdns")), "a=candidate"), ==, 0);
    g_assert_cmpuint(count_lines(read_sdp("chromium-mdns"), "a=candidate"), >, 0);
    g_assert_cmpuint(count_lines(read_sdp("chromium-simulcast"), "a=rid"), >, 0);
    // Firefox: those of RTCP, which shares the port.
    auto firefox = normalised(read_sdp("firefox-sendonly"));
    g_assert_cmpuint(count_lines(firefox, "a=candidate:0 1 UDP"), ==, 2);
    g_assert_cmpuint(count_lines(firefox, "a=candidate:0 2 UDP"), ==, 0);
    // The rest of an offer stays.
    auto lines = sdp::media_lines(parsed(read_sdp("chromium-sendonly")).get());
    auto after = sdp::media_lines(parsed(normalised(read_sdp("chromium-sendonly"))).get());
    for (guint i = 0; i < 2; i++) {
        g_assert_cmpuint(after[i].payloads.size(), ==, lines[i].payloads.size());
        g_assert_cmpuint(after[i].extensions.size(), ==, lines[i].extensions.size());
        g_assert_true(after[i].ssrcs == lines[i].ssrcs);
        g_assert_true(after[i].direction == lines[i].direction);
        assert_equal(after[i].msid, lines[i].msid);
    }
}

static void session_level() {
    auto text = normalised(small_offer);
    for (guint i = 0; i < 2; i++) {
        auto section = section_of(text, i);
        assert_contains(section, "a=setup:actpass\r\n");
        assert_contains(section, "a=ice-ufrag:abcd\r\n");
        assert_contains(section, "a=fingerprint:sha-256 00:11:22");
    }
    // What a section says itself wins; algorithms become lower case, weak ones go.
    const std::string own = "SHA-256 FF:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                            "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    text = normalised(edited(small_offer, "a=mid:a",
                             "a=mid:a\r\na=fingerprint:sha-1 00:11\r\na=fingerprint:" + own +
                                 "\r\na=setup:passive"));
    auto audio = section_of(text, 0);
    assert_contains(audio, "a=fingerprint:sha-256 FF:11");
    assert_contains(audio, "AA:BB:CC:DD:EE:FF\r\n");
    g_assert_cmpuint(count_lines(audio, "a=fingerprint"), ==, 1);
    // The transport is that of the first section of the group.
    assert_contains(audio, "a=setup:passive");
    assert_contains(section_of(text, 1), "a=setup:passive");
    assert_contains(section_of(text, 1), "a=fingerprint:sha-256 FF:11");
    g_assert_cmpuint(sdp::fingerprints(parsed(text).get()).size(), ==, 1);
}

static void credentials_of_the_group() {
    auto text = edited(small_offer, "a=mid:a",
                       "a=mid:a\r\na=ice-ufrag:first\r\na=ice-pwd:1111111111111111111111");
    text += "a=ice-ufrag:other\r\na=ice-pwd:2222222222222222222222\r\n";
    auto message = parsed(text);
    sdp::normalise(message.get());
    for (guint i = 0; i < 2; i++)
        assert_equal(sdp::ice_credentials(message.get(), i).ufrag, "first");
}

static void bundle_groups() {
    struct Case {
        std::string text, group, mids;
    } cases[] = {
        // Other groups go, wherever they stand: webrtcbin looks at the first alone.
        {edited(small_offer, "a=group:", "a=group:LS a v\r\na=group:"), "BUNDLE a v", "av"},
        // A single section without group and mid.
        {edited(edited(small_offer.substr(0, small_offer.find("m=video")), "a=group:BUNDLE a v\r\n",
                       ""),
                "a=mid:a\r\n", ""),
         "BUNDLE 0", "0"},
        // Rejected sections aren't in it, so that the first one isn't rejected.
        {edited(small_offer, "m=audio 9", "m=audio 0"), "BUNDLE v", "av"},
        {edited(edited(small_offer, "m=audio 9", "m=audio 0"), "a=group:BUNDLE a v\r\n", ""),
         "BUNDLE v", "av"},
        {edited(small_offer, "m=video 9", "m=video 0") + "a=bundle-only\r\n", "BUNDLE a v", "av"},
    };
    for (const auto& c : cases) {
        auto text = normalised(c.text);
        g_assert_cmpuint(count_lines(text, "a=group"), ==, 1);
        assert_contains(text, "a=group:" + c.group + "\r\n");
        std::string mids;
        for (const auto& line : sdp::media_lines(parsed(text).get()))
            mids += line.mid;
        assert_equal(mids, c.mids);
    }
    // bundle-only sections get a port; rejected ones don't.
    auto text = normalised(cases[4].text);
    assert_contains(text, "m=video 9 ");
    g_assert_cmpuint(count_lines(text, "a=bundle-only"), ==, 0);
    assert_contains(normalised(cases[2].text), "m=audio 0 ");
}

// An index that is some other section's mid is not given again.
static void missing_mids() {
    auto text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n"
                "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
                "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:m0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n";
    auto lines = sdp::media_lines(parsed(normalised(text)).get());
    std::set<std::string> mids;
    for (const auto& line : lines)
        mids.insert(line.mid);
    g_assert_cmpuint(mids.size(), ==, 4);
    g_assert_false(mids.contains(""));
    assert_equal(lines[1].mid, "0");
    assert_equal(lines[2].mid, "m0");
}

static void candidates() {
    struct Case {
        const char* candidate;
        bool kept;
    } cases[] = {
        {"1 1 udp 1 192.0.2.1 9000 typ host", true},
        {"1 1 UDP 1 2001:db8::1 9000 typ srflx raddr 10.0.0.1 rport 1", true},
        {"1 1 tcp 1 192.0.2.1 9 typ host tcptype active", true},
        {"1 1 tcp 1 192.0.2.1 9 typ host", false},
        {"1 1 udp 1 0c5a.local 9000 typ host", false},
        {"1 1 udp 1 host.example 9000 typ host", false},
        {"1 2 udp 1 192.0.2.1 9000 typ host", false},
        {"1 1 ssltcp 1 192.0.2.1 443 typ host", false},
        {"1 1 udp 1 192.0.2.1 0 typ host", false},
        {"nonsense", false},
    };
    for (const auto& c : cases) {
        auto text = normalised(small_offer + "a=candidate:" + c.candidate + "\r\n");
        if (count_lines(text, "a=candidate:") != guint(c.kept))
            g_error("%s", c.candidate);
    }
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sdp/normalise/every-peer", every_peer);
    g_test_add_func("/sdp/normalise/what-each-loses", what_each_loses);
    g_test_add_func("/sdp/normalise/session-level", session_level);
    g_test_add_func("/sdp/normalise/credentials-of-the-group", credentials_of_the_group);
    g_test_add_func("/sdp/normalise/bundle-groups", bundle_groups);
    g_test_add_func("/sdp/normalise/missing-mids", missing_mids);
    g_test_add_func("/sdp/normalise/candidates", candidates);
    return g_test_run();
}
