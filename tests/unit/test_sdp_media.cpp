#include "tests/unit/sdp_data.hpp"

using namespace rtc;
using sdp::Direction;

static void chromium_offer() {
    auto message = parsed(read_sdp("chromium-sendonly"));
    auto lines = sdp::media_lines(message.get());
    g_assert_cmpuint(lines.size(), ==, 2);
    const auto& audio = lines[0];
    assert_equal(audio.media, "audio");
    assert_equal(audio.mid, "0");
    assert_equal(audio.protocol, "UDP/TLS/RTP/SAVPF");
    g_assert_true(audio.direction == Direction::sendonly);
    g_assert_false(audio.rejected);
    g_assert_cmpuint(audio.payloads.size(), ==, 8);
    const auto& opus = audio.payloads[0];
    g_assert_cmpint(opus.type, ==, 111);
    g_assert_true(opus.is("OPUS"));
    g_assert_cmpuint(opus.clock_rate, ==, 48000);
    g_assert_cmpuint(opus.channels, ==, 2);
    assert_equal(opus.fmtp, "minptime=10;useinbandfec=1");
    g_assert_true(opus.feedback == std::vector<std::string>{"transport-cc"});
    g_assert_true(audio.find_payload(0)->is("PCMU"));
    g_assert_null(audio.find_payload(96));

    const auto& video = lines[1];
    g_assert_cmpuint(video.index, ==, 1);
    const auto* vp8 = video.find_payload(96);
    g_assert_true(vp8->is("vp8") && vp8->has_feedback("nack pli") && vp8->has_feedback("nack"));
    g_assert_false(vp8->has_feedback("pli"));
    g_assert_cmpint(vp8->apt, ==, -1);
    g_assert_cmpint(video.rtx_for(96)->type, ==, 97);
    g_assert_cmpint(video.rtx_for(102)->type, ==, 103);
    g_assert_null(video.rtx_for(97));
    g_assert_cmpuint(video.extension_id(sdp::extension::transport_cc).value(), ==, 3);
    g_assert_cmpuint(video.extension_id(sdp::extension::mid).value(), ==, 4);
    g_assert_false(video.extension_id("urn:x").has_value());
    g_assert_cmpuint(video.ssrcs.size(), ==, 2);
    g_assert_cmpuint(video.msid.find(' '), !=, std::string::npos);
}

static void firefox_offer() {
    auto message = parsed(read_sdp("firefox-sendonly"));
    auto lines = sdp::media_lines(message.get());
    // The session says sendrecv, the sections sendonly.
    g_assert_true(lines[0].direction == Direction::sendonly);
    g_assert_cmpuint(lines[0].extensions[1].id, ==, 2);
    assert_equal(lines[0].extensions[1].direction, "recvonly");
    assert_equal(lines[0].extensions[1].uri, "urn:ietf:params:rtp-hdrext:csrc-audio-level");
    g_assert_true(lines[1].find_payload(120)->is("VP8"));
    g_assert_cmpint(lines[1].rtx_for(120)->type, ==, 124);
}

static void rejected_lines() {
    auto lines = sdp::media_lines(parsed(read_sdp("firefox-answer-rejects-video")).get());
    g_assert_false(lines[0].rejected);
    g_assert_true(lines[1].rejected);
    // Port 0 of a bundle-only section is no rejection, unless no group holds it.
    auto port0 = edited(small_offer, "m=video 9", "m=video 0");
    g_assert_true(sdp::media_lines(parsed(port0).get())[1].rejected);
    g_assert_false(sdp::media_lines(parsed(port0 + "a=bundle-only\r\n").get())[1].rejected);
    auto alone = edited(port0 + "a=bundle-only\r\n", "BUNDLE a v", "BUNDLE a");
    g_assert_true(sdp::media_lines(parsed(alone).get())[1].rejected);
}

static void odd_lines() {
    auto text = small_offer + "a=rtpmap:98 VP9\r\na=rtpmap:x VP9/1\r\na=rtpmap:96 H264/90000\r\n"
                              "a=fmtp:96 second=1\r\na=fmtp:96 third=1\r\na=extmap:0 urn:a\r\n"
                              "a=extmap:x urn:b\r\na=extmap:5\r\na=extmap:15/sendonly urn:c x=1\r\n"
                              "a=ssrc:1 cname:x\r\na=ssrc:1 msid:x\r\na=ssrc:4294967296 cname:x\r\n"
                              "a=ssrc:4294967295 cname:x\r\n";
    text = edited(text, "96 97\r\n", "96 97 98 99 0 96\r\n");
    auto line = sdp::media_lines(parsed(text).get())[1];
    g_assert_cmpuint(line.payloads.size(), ==, 5); // the second 96 is no further format
    g_assert_true(line.payloads[0].is("VP8"));     // the first a=rtpmap and a=fmtp count
    assert_equal(line.payloads[0].fmtp, "second=1");
    g_assert_true(line.payloads[0].has_feedback("nack pli"));
    g_assert_true(line.payloads[0].has_feedback("ccm fir")); // from "*"
    g_assert_true(line.payloads[2].name.empty());            // a=rtpmap without a clock rate
    g_assert_true(line.payloads[4].name.empty());            // type 0 is audio
    g_assert_cmpuint(line.extensions.size(), ==, 1);
    assert_equal(line.extensions[0].direction, "sendonly");
    assert_equal(line.extensions[0].uri, "urn:c");
    g_assert_true(line.ssrcs == (std::vector<guint32>{1, G_MAXUINT32}));

    auto audio = sdp::media_lines(parsed(small_offer).get())[0];
    g_assert_true(audio.payloads[1].is("PCMU"));
    g_assert_cmpuint(audio.payloads[1].clock_rate, ==, 8000);
}

static void directions() {
    struct Case {
        Direction direction, reversed;
        bool sends, receives;
        const char* name;
    } cases[] = {
        {Direction::inactive, Direction::inactive, false, false, "inactive"},
        {Direction::sendonly, Direction::recvonly, true, false, "sendonly"},
        {Direction::recvonly, Direction::sendonly, false, true, "recvonly"},
        {Direction::sendrecv, Direction::sendrecv, true, true, "sendrecv"},
    };
    for (const auto& c : cases) {
        g_assert_true(sdp::reversed(c.direction) == c.reversed);
        g_assert_true(sdp::sends(c.direction) == c.sends);
        g_assert_true(sdp::receives(c.direction) == c.receives);
        assert_equal(sdp::to_string(c.direction), c.name);
        g_assert_true(sdp::intersect(c.direction, Direction::sendrecv) == c.direction);
        g_assert_true(sdp::intersect(c.direction, Direction::inactive) == Direction::inactive);
        auto text = edited(small_offer, "a=sendrecv", std::string("a=") + c.name);
        g_assert_true(sdp::media_lines(parsed(text).get())[0].direction == c.direction);
        // At session level it stands for sections that have none (RFC 8866 section 6.7).
        text = edited(edited(small_offer, "a=sendrecv\r\n", ""), "t=0 0",
                      std::string("t=0 0\r\na=") + c.name);
        g_assert_true(sdp::media_lines(parsed(text).get())[0].direction == c.direction);
        g_assert_true(sdp::media_lines(parsed(text).get())[1].direction == Direction::sendonly);
    }
    g_assert_true(sdp::intersect(Direction::sendonly, Direction::recvonly) == Direction::inactive);
    auto none = edited(small_offer, "a=sendrecv\r\n", "");
    g_assert_true(sdp::media_lines(parsed(none).get())[0].direction == Direction::sendrecv);
}

static void fmtp() {
    struct Case {
        const char *fmtp, *key, *value;
    } cases[] = {
        {"a=1;b=2", "a", "1"},
        {"a=1;b=2", "B", "2"},
        {"a=1; b = 2 ;c=3", "b", "2"},
        {"a=1;b=2", "c", ""},
        {"", "a", ""},
        {"ab=1", "a", ""},
        {"0-15", "a", ""},
        {"a", "a", ""},
        {"a=x=y", "a", "x=y"},
        {"Profile-Level-Id=42E01F", "profile-level-id", "42E01F"},
    };
    for (const auto& c : cases)
        assert_equal(sdp::fmtp_value(c.fmtp, c.key), c.value);
}

static void same_codec() {
    struct Case {
        const char* offered_name;
        guint offered_rate, offered_channels;
        const char* offered_fmtp;
        const char* name;
        guint rate, channels;
        const char* fmtp;
        bool same;
    } cases[] = {
        {"VP8", 90000, 0, "", "vp8", 90000, 0, "", true},
        {"VP8", 90000, 0, "", "VP9", 90000, 0, "", false},
        {"VP8", 8000, 0, "", "VP8", 90000, 0, "", false},
        {"opus", 48000, 2, "stereo=1", "OPUS", 48000, 2, "minptime=10", true},
        {"opus", 48000, 1, "", "opus", 48000, 2, "", false},
        {"G722", 8000, 0, "", "G722", 8000, 1, "", true},
        {"H264", 90000, 0, "profile-level-id=42e01f;packetization-mode=1", "H264", 90000, 0,
         "packetization-mode=1;profile-level-id=42E01F", true},
        // Another level is the same profile.
        {"H264", 90000, 0, "profile-level-id=42e034;packetization-mode=1", "H264", 90000, 0,
         "packetization-mode=1;profile-level-id=42e01f", true},
        // As is Constrained Baseline written in other ways (RFC 6184 table 5).
        {"H264", 90000, 0, "profile-level-id=42c01e", "H264", 90000, 0, "profile-level-id=42e01f",
         true},
        {"H264", 90000, 0, "profile-level-id=4d8028", "H264", 90000, 0, "profile-level-id=42e01f",
         true},
        {"H264", 90000, 0, "profile-level-id=42001f", "H264", 90000, 0, "profile-level-id=42e01f",
         false},
        {"H264", 90000, 0, "profile-level-id=4d001f", "H264", 90000, 0, "profile-level-id=64001f",
         false},
        {"H264", 90000, 0, "profile-level-id=f4001f", "H264", 90000, 0, "profile-level-id=F40028",
         true},
        {"H264", 90000, 0, "profile-level-id=zz001f", "H264", 90000, 0, "profile-level-id=zz001f",
         false},
        {"H264", 90000, 0, "packetization-mode=0", "H264", 90000, 0, "packetization-mode=1", false},
        {"H264", 90000, 0, "", "H264", 90000, 0, "packetization-mode=1", false},
        {"H264", 90000, 0, "", "H264", 90000, 0, "packetization-mode=0", true},
        {"H264", 90000, 0, "", "H264", 90000, 0, "profile-level-id=42001f", true},
        {"H264", 90000, 0, "", "H264", 90000, 0, "profile-level-id=42e01f", false},
        // What our side leaves open matches everything.
        {"H264", 90000, 0, "profile-level-id=640c1f;packetization-mode=1", "H264", 90000, 0, "",
         true},
        {"VP9", 90000, 0, "profile-id=2", "VP9", 90000, 0, "profile-id=0", false},
        {"VP9", 90000, 0, "", "VP9", 90000, 0, "profile-id=0", true},
        {"VP9", 90000, 0, "profile-id=2", "VP9", 90000, 0, "", true},
        {"AV1", 90000, 0, "level-idx=5;profile=1;tier=0", "AV1", 90000, 0, "profile=0", false},
        {"AV1", 90000, 0, "level-idx=5;tier=0", "AV1", 90000, 0, "profile=0", true},
        {"H265", 90000, 0, "profile-id=2", "H265", 90000, 0, "profile-id=1", false},
        {"H265", 90000, 0, "tier-flag=0", "H265", 90000, 0, "profile-id=1;tier-flag=0", true},
        {"H265", 90000, 0, "tier-flag=1", "H265", 90000, 0, "tier-flag=0", false},
        // Another codec's parameter says nothing.
        {"VP8", 90000, 0, "profile-id=2", "VP8", 90000, 0, "profile-id=0", true},
    };
    for (const auto& c : cases) {
        sdp::Payload offered{.name = c.offered_name,
                             .clock_rate = c.offered_rate,
                             .channels = c.offered_channels,
                             .fmtp = c.offered_fmtp};
        if (sdp::same_codec(offered, c.name, c.rate, c.channels, c.fmtp) != c.same)
            g_error("%s '%s' against %s '%s'", c.offered_name, c.offered_fmtp, c.name, c.fmtp);
    }
}

// A certificate of openssl's, with the fingerprints that openssl says it has.
static const char* certificate = R"(Bag Attributes: some text may come before
-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUGmu/lH1fpsmZXQpmP5bKL0LdizUwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjEwODA5MTJaGA8yMTI2MTAyODA4MDkx
MlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB1y
aLKEqx1+o5JJSEYSRUn0wQItNWmJMn9JSIuEcqvLjrPqrj4ihsgeMRlspBGTrS7H
T6uia0y+k42x2v4LSzejUzBRMB0GA1UdDgQWBBRLX3kDF2P18DzRqcKPjsrYMHvX
ADAfBgNVHSMEGDAWgBRLX3kDF2P18DzRqcKPjsrYMHvXADAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQD/nbEF8WBhY5pEgXxXg6RI7gYdQeEuxg+n
7SBXeul6awIhALu0rjDAtGa7NCQNEJz5Arbw8a30aK2VHxrEFG397T+3
-----END CERTIFICATE-----
)";
static const char* sha256 = "0D:74:FA:25:E1:6E:F7:37:BA:F1:3C:29:7D:37:6A:3D:27:29:48:E0:FE:2C:79:"
                            "F1:4D:20:EC:E3:D9:86:2F:22";
static const char* sha384 =
    "C6:16:2B:D6:86:75:8D:ED:A0:34:46:46:F8:FA:3E:C3:C1:D7:61:04:53:55:88:7C:96:88:47:F2:34:E0:96:"
    "21:E7:58:73:56:59:C6:59:3D:54:3F:06:BE:E2:0D:AE:C3";
static const char* sha512 = "16:08:F7:34:7D:9C:6C:45:1D:6F:18:AB:68:7E:C6:A2:6E:64:8B:BF:ED:98:4C:"
                            "8A:0F:4E:6D:A9:D4:7F:BF:12:CB:65:5D:13:D0:F9:7B:B6:14:D7:63:CB:32:F1:"
                            "1F:B5:EF:D1:94:88:7F:7F:4F:2A:20:8B:EF:B9:24:16:03:14";

static void certificates() {
    using List = std::vector<sdp::Fingerprint>;
    auto wrong = std::string(sha256);
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    struct Case {
        List list;
        bool matches;
    } cases[] = {
        {{{"sha-256", sha256}}, true},
        {{{"sha-384", sha384}}, true},
        {{{"sha-512", sha512}}, true},
        {{{"sha-256", wrong}}, false},
        {{{"sha-256", wrong}, {"sha-512", sha512}}, true},
        {{{"sha-512", sha256}}, false},
        {{{"sha-1", sha256}}, false},
        {{{"sha-256", ""}}, false},
        {{}, false},
    };
    for (const auto& c : cases) {
        g_assert_true(sdp::certificate_matches(certificate, c.list) == c.matches);
        g_assert_true(sdp::certificate_matches(all_replaced(certificate, "\n", "\r\n"), c.list) ==
                      c.matches);
        for (auto* text : {"", "x", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
                           "-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
                           "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"})
            g_assert_false(sdp::certificate_matches(text, c.list));
    }
}

static void fingerprint_lines() {
    auto strong = sdp::parse_fingerprint(std::string("  SHA-256  ") + sha256 + " ");
    g_assert_true(strong && strong->algorithm == "sha-256" && strong->value == sha256);
    g_assert_true(sdp::is_strong(*strong));
    auto lower = sdp::parse_fingerprint("sha-1 ab:cd");
    assert_equal(lower->value, "AB:CD");
    g_assert_false(sdp::is_strong(*lower));
    g_assert_false(sdp::is_strong({"sha-256", "AB:CD"}));
    for (auto* text : {"", "sha-256", "sha-256 ", "sha-256 A", "sha-256 AB:", "sha-256 AB:C",
                       "sha-256 AB-CD", "sha-256 AB:CD AB", " AB:CD"})
        g_assert_false(sdp::parse_fingerprint(text).has_value());

    // Session and media level, each once; not of what is rejected.
    auto text = edited(small_offer, "a=mid:a", "a=mid:a\r\na=fingerprint:sha-1 AB:CD");
    text += "a=fingerprint:sha-1 ab:cd\r\na=fingerprint:sha-256 nonsense\r\n";
    auto list = sdp::fingerprints(parsed(text).get());
    g_assert_cmpuint(list.size(), ==, 2);
    assert_equal(list[0].algorithm, "sha-256");
    assert_equal(list[1].value, "AB:CD");
    auto rejected = edited(small_offer, "m=video 9", "m=video 0") + "a=fingerprint:sha-1 AB:CD\r\n";
    g_assert_cmpuint(sdp::fingerprints(parsed(rejected).get()).size(), ==, 1);
    g_assert_cmpuint(sdp::fingerprints(parsed(read_sdp("chromium-sendonly")).get()).size(), ==, 1);
}

static void ice() {
    auto session = parsed(small_offer);
    auto expected = sdp::IceCredentials{"abcd", "0123456789012345678901"};
    g_assert_true(sdp::ice_credentials(session.get()) == expected);
    g_assert_true(sdp::ice_credentials(session.get(), 1) == expected);
    g_assert_true(sdp::ice_credentials(session.get(), 2) == sdp::IceCredentials{});
    auto own = parsed(small_offer + "a=ice-ufrag:wxyz\r\na=ice-pwd:9876543210987654321098\r\n");
    g_assert_true(sdp::ice_credentials(own.get(), 0) == expected);
    assert_equal(sdp::ice_credentials(own.get(), 1).ufrag, "wxyz");

    g_assert_true(sdp::candidates(session.get()).empty());
    auto list = sdp::candidates(parsed(read_sdp("chromium-sendonly")).get());
    g_assert_cmpuint(list.size(), ==, count_lines(read_sdp("chromium-sendonly"), "a=candidate"));
    g_assert_cmpuint(list.front().first, ==, 0);
    g_assert_cmpuint(list.back().first, ==, 1);
    g_assert_true(list.front().second.starts_with("candidate:"));

    g_assert_false(sdp::ice_complete(session.get()));
    g_assert_true(sdp::ice_complete(parsed(read_sdp("firefox-sendonly")).get()));
    g_assert_false(sdp::ice_complete(parsed(read_sdp("firefox-trickle")).get()));
    // The first section of the group speaks for all.
    auto first = edited(small_offer, "a=mid:a", "a=mid:a\r\na=end-of-candidates");
    g_assert_true(sdp::ice_complete(parsed(first).get()));
    g_assert_false(sdp::ice_complete(parsed(small_offer + "a=end-of-candidates\r\n").get()));
    g_assert_true(sdp::ice_complete(
        parsed(edited(small_offer, "t=0 0", "t=0 0\r\na=end-of-candidates")).get()));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sdp/media/chromium-offer", chromium_offer);
    g_test_add_func("/sdp/media/firefox-offer", firefox_offer);
    g_test_add_func("/sdp/media/rejected-lines", rejected_lines);
    g_test_add_func("/sdp/media/odd-lines", odd_lines);
    g_test_add_func("/sdp/media/directions", directions);
    g_test_add_func("/sdp/media/fmtp", fmtp);
    g_test_add_func("/sdp/media/same-codec", same_codec);
    g_test_add_func("/sdp/media/certificates", certificates);
    g_test_add_func("/sdp/media/fingerprint-lines", fingerprint_lines);
    g_test_add_func("/sdp/media/ice", ice);
    return g_test_run();
}
