#include "tests/unit/sdp_data.hpp"

using namespace rtc;
using sdp::DescriptionType;

static void real_descriptions() {
    auto names = browser_offers;
    for (auto* name : {"obs", "ffmpeg", "chromium-answer-rejects-video"})
        names.emplace_back(name);
    for (const auto& name : names) {
        g_test_message("%s", name.c_str());
        auto text = read_sdp(name);
        auto message = parsed(text);
        auto type =
            name.find("answer") == name.npos ? DescriptionType::offer : DescriptionType::answer;
        auto valid = sdp::validate(message.get(), type);
        if (!valid)
            g_error("%s: %s", name.c_str(), valid.error().message.c_str());
        // Nothing is lost: a second reading gives the same.
        auto written = sdp::to_string(message.get());
        g_assert_cmpuint(count_lines(written, "a="), ==, count_lines(text, "a="));
        assert_equal(sdp::to_string(parsed(written).get()), written);
        auto twin = sdp::copy(message.get());
        message.reset();
        assert_equal(sdp::to_string(twin.get()), written);
    }
}

static void line_ends() {
    auto with_crlf = sdp::to_string(parsed(small_offer).get());
    assert_equal(sdp::to_string(parsed(all_replaced(small_offer, "\r\n", "\n")).get()), with_crlf);
    // Without the last one, and with empty lines behind it.
    g_assert_true(bool(sdp::parse(small_offer.substr(0, small_offer.size() - 2))));
    g_assert_true(bool(sdp::parse(small_offer + "\r\n\n\r\n")));
    // Spaces at the end are no further format, and no part of the mid.
    auto spaced = edited(small_offer, "96 97\r\n", "96 97  \r\n");
    auto message = parsed(edited(spaced, "a=mid:v\r\n", "a=mid:v \r\n"));
    g_assert_cmpuint(gst_sdp_media_formats_len(gst_sdp_message_get_media(message.get(), 1)), ==, 2);
    assert_equal(sdp::media_lines(message.get())[1].mid, "v");
}

static void refused() {
    const auto& good = small_offer;
    struct Case {
        std::string text, words; // what the error says
    } cases[] = {
        {"", "empty"},
        {"\r\n \r\n", "empty"},
        {"hello", "must begin with v=0"},
        {"{\"type\":\"offer\"}", "must begin with v=0"},
        {"\xef\xbb\xbf" + good, "must begin with v=0"},
        {"v=1\r\n" + good.substr(5), "must begin with v=0"},
        {"v=0", "lacks its o= or s= line"},
        {std::string("v=0\0\r\n", 6), "NUL"},
        {edited(good, "s=-", "s=\xc3("), "UTF-8"},
        {edited(good, "s=-", "s=\x01"), "line 3 of the description holds a control character"},
        {edited(good, "a=mid:a\r\n", "a=mid:a\ra=x\r\n"), "control character"},
        {edited(good, "a=mid:a\r\n", "\r\na=mid:a\r\n"), "not of the form"},
        {edited(good, "a=mid:a", " a=mid:a"), "not of the form"},
        {edited(good, "a=mid:a", "amid"),
         "line 12 of the description is not of the form x=…: 'amid'"},
        {edited(good, "a=mid:a", "q=mid:a"), "does not know"},
        {edited(good, "a=mid:a", "a=:a"), "no attribute name"},
        {edited(good, "a=mid:a", "a=my mid:a"), "no attribute name"},
        {edited(good, "o=- 1 1 IN IP4 127.0.0.1\r\n", ""), "before the o= and s="},
        {edited(good, "s=-\r\n", ""), "before the o= and s="},
        {edited(good, "o=- 1 1 IN IP4 127.0.0.1", "o=-"), "should be o="},
        {good + "o=- 1 1 IN IP4 127.0.0.1\r\n", "only o= line"},
        {good + "s=-\r\n", "only s= line"},
        {edited(good, "c=IN IP4 0.0.0.0", "c=IN"), "should be c="},
        {edited(good, "t=0 0", "b=AS"), "should be b="},
        {edited(good, "m=audio 9 UDP/TLS/RTP/SAVPF 111 0", "m=audio"), "should be m="},
        {edited(good, "m=audio 9 ", "m=audio 65536 "), "port"},
        {edited(good, "m=audio 9 ", "m=audio -1 "), "port"},
        {edited(good, "m=audio 9 ", "m=audio 9/x "), "port"},
        {edited(good, "111 0\r\n", "128\r\n"), "payload type"},
        {edited(good, "111 0\r\n", "webrtc-datachannel\r\n"), "payload type"},
        {edited(good, "s=-", "s=" + std::string(200 * 1024, 'x')), "more than the 131072 allowed"},
    };
    for (const auto& c : cases) {
        auto message = sdp::parse(c.text);
        if (message)
            g_error("accepted: %s", c.text.c_str());
        assert_contains(message.error().message, c.words);
        // An error goes into logs and JSON.
        g_assert_cmpuint(message.error().message.size(), <, 400);
        g_assert_true(g_utf8_validate(message.error().message.c_str(), -1, nullptr));
    }
}

// The error quotes no half of a character.
static void quoting() {
    for (size_t length = 55; length < 65; length++) {
        auto message = sdp::parse("v=0\r\n" + std::string(length, 'x') + "ééééé\r\n");
        g_assert_false(bool(message));
        g_assert_true(g_utf8_validate(message.error().message.c_str(), -1, nullptr));
        assert_contains(message.error().message, "line 2");
    }
}

static void limits() {
    std::string section = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtcp-mux\r\n";
    std::string head = small_offer.substr(0, small_offer.find("m="));
    auto many = [](const std::string& text, guint count) {
        std::string result;
        while (count-- > 0)
            result += text;
        return result;
    };
    std::string candidate = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
    struct Case {
        std::string within, beyond, words;
    } cases[] = {
        {head + many(section, 32), head + many(section, 33), "32 media sections"},
        {head + section, head + many(section, 200), "32 media sections"},
        {head + section + many(candidate, 200), head + section + many(candidate, 201),
         "200 ICE candidates"},
        {head + "m=audio 9 RTP/X" + many(" 0", 64) + "\r\n",
         head + "m=audio 9 RTP/X" + many(" 0", 65) + "\r\n", "64 formats"},
        {head + section + many("a=x\r\n", 4989), head + section + many("a=x\r\n", 4990),
         "5000 lines"},
    };
    for (const auto& c : cases) {
        auto within = sdp::parse(c.within);
        if (!within)
            g_error("%s", within.error().message.c_str());
        auto beyond = sdp::parse(c.beyond);
        g_assert_false(bool(beyond));
        assert_contains(beyond.error().message, c.words);
    }
    g_assert_true(bool(sdp::parse(head + section, {.bytes = 1000, .media_lines = 1})));
    g_assert_false(bool(sdp::parse(head + section, {.bytes = 100})));
    g_assert_false(bool(sdp::parse(head + section + section, {.media_lines = 1})));
}

static void invalid() {
    const auto& good = small_offer;
    auto line =
        good.substr(good.find("a=fingerprint"), good.find("m=audio") - good.find("a=fingerprint"));
    const std::string crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
                               "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";
    struct Case {
        std::string text, words;
    } cases[] = {
        {good.substr(0, good.find("m=")), "no media section"},
        {all_replaced(edited(good, "m=audio 9", "m=audio 0"), "m=video 9", "m=video 0"),
         "every media section of the description is rejected"},
        {edited(good, "a=group:BUNDLE a v\r\n", ""), "not in a=group:BUNDLE"},
        {edited(good, "BUNDLE a v", "BUNDLE a"), "media section 1 (video) is not in"},
        {edited(good, "BUNDLE a v", "BUNDLE a x"), "'x'"},
        {edited(good, "BUNDLE a v", "BUNDLE a v x"), "more media sections than there are"},
        {edited(good, "BUNDLE a v", "LS a v"), "not in a=group:BUNDLE"},
        {edited(good, "a=mid:v\r\n", ""), "'v'"},
        {edited(good, "a=mid:v", "a=mid:a"), "same a=mid"},
        {edited(good, "a=mid:v", "a=mid:"), "malformed a=mid"},
        {edited(good, line, ""), "media section 0 (audio) has no a=fingerprint"},
        {edited(good, "sha-256 ", "sha-1 "), "no fingerprint of sha-256"},
        {edited(good, "sha-256 ", "md5 "), "no fingerprint of sha-256"},
        {edited(good, "sha-256 00:", "sha-256 "), "no fingerprint of sha-256"},
        {edited(good, "sha-256 00:", "sha-256 0:"), "malformed a=fingerprint"},
        {edited(good, "sha-256 00:11", "sha-256 0g:11"), "malformed a=fingerprint"},
        {edited(good, "sha-256 ", ""), "malformed a=fingerprint"},
        {edited(good, "a=setup", crypto + "a=setup"), "DTLS-SRTP"},
        {good + crypto, "media section 1 (video) asks for keys in the clear"},
        {edited(good, "t=0 0\r\n", "t=0 0\r\nk=clear:secret\r\n"), "DTLS-SRTP"},
        {edited(good, "a=ice-ufrag:abcd\r\n", ""), "lacks a=ice-ufrag or a=ice-pwd"},
        {edited(good, "a=ice-ufrag:abcd", "a=ice-ufrag:abc"), "4 to 256"},
        {edited(good, "a=ice-ufrag:abcd", "a=ice-ufrag:ab_d"), "4 to 256"},
        {edited(good, "a=ice-ufrag:abcd", "a=ice-ufrag:" + std::string(257, 'x')), "4 to 256"},
        {edited(good, "a=ice-pwd:01", "a=ice-pwd:0"), "22 to 256"},
        {edited(good, "a=rtcp-mux\r\n", ""), "media section 0 (audio) lacks a=rtcp-mux"},
        {edited(good, "m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP"), "'RTP/AVP'"},
        {edited(good, "m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 UDP/TLS/RTP/SAVP"), "protocol"},
        {edited(good, "m=audio 9", "m=text 9"), "neither audio, video nor application"},
        {edited(good, "a=setup:actpass\r\n", ""), "lacks a=setup"},
        {edited(good, "a=setup:actpass", "a=setup:holdconn"), "holdconn"},
        {good + "a=ssrc:0 cname:x\r\n", "media section 1 (video) has a=ssrc:0"},
        {good + "a=ssrc:00\r\n", "media section 1 (video) has a=ssrc:0"},
    };
    for (const auto& c : cases) {
        auto valid = sdp::validate(parsed(c.text).get(), DescriptionType::offer);
        if (valid)
            g_error("accepted: %s", c.text.c_str());
        assert_contains(valid.error().message, c.words);
    }
}

static void valid() {
    const auto& good = small_offer;
    const std::string sha512 = "sha-512 FF:00:11:22:33:44:55:66:77:88:99:aa:BB:CC:DD:EE:FF:"
                               "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                               "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                               "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE";
    auto fingerprint = good.find("sha-256");
    auto other_hash = good.substr(0, fingerprint) + sha512 + good.substr(good.find("\r\nm=audio"));
    std::string single = good.substr(0, good.find("m=video"));
    struct Case {
        std::string text;
        bool as_offer, as_answer;
    } cases[] = {
        {good, true, false},
        {edited(good, "setup:actpass", "setup:active"), true, true},
        {edited(good, "setup:actpass", "setup:passive"), true, true},
        {other_hash, true, false},
        {edited(good, "a=fingerprint:", "a=fingerprint:sha-1 00:11\r\na=fingerprint:"), true,
         false},
        {edited(good, "sha-256", "SHA-256"), true, false},
        {good + "a=ssrc:7 cname:x\r\na=ssrc-group:FID 7 0\r\n", true, false},
        {good + "a=ssrc-group:FID 10 4294967295\r\na=ssrc:10 cname:0\r\n", true, false},
        // One section needs no group, and no mid then.
        {edited(edited(single, "a=group:BUNDLE a v\r\n", ""), "a=mid:a\r\n", ""), true, false},
        // So does one that is left.
        {edited(edited(good, "a=group:BUNDLE a v\r\n", ""), "m=video 9", "m=video 0"), true, false},
        // What is rejected needs nothing.
        {edited(good, "m=video 9", "m=audio 0 RTP/AVP 0\r\nm=video 9"), true, false},
        // Bundled sections have what the first one has (RFC 9143 section 7.1.3).
        {edited(good, "m=video 9", "m=video 0") + "a=bundle-only\r\n", true, false},
        {edited(edited(good, "a=sendonly\r\na=rtcp-mux\r\n", "a=sendonly\r\n"), "m=video 9",
                "m=video 0") +
             "a=bundle-only\r\n",
         true, false},
        {edited(good, "a=rtcp-mux\r\n", "a=rtcp-mux-only\r\n"), true, false},
        {all_replaced(good, "UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF"), true, false},
        {edited(good, "BUNDLE a v", "BUNDLE a v d") +
             "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\na=sctp-port:5000\r\n",
         true, false},
    };
    for (const auto& c : cases) {
        auto message = parsed(c.text);
        auto offer = sdp::validate(message.get(), DescriptionType::offer);
        auto answer = sdp::validate(message.get(), DescriptionType::answer);
        if (bool(offer) != c.as_offer || bool(answer) != c.as_answer)
            g_error("%s: %s\n%s", offer.error().message.c_str(), answer.error().message.c_str(),
                    c.text.c_str());
    }
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sdp/parse/real-descriptions", real_descriptions);
    g_test_add_func("/sdp/parse/line-ends", line_ends);
    g_test_add_func("/sdp/parse/refused", refused);
    g_test_add_func("/sdp/parse/quoting", quoting);
    g_test_add_func("/sdp/parse/limits", limits);
    g_test_add_func("/sdp/validate/invalid", invalid);
    g_test_add_func("/sdp/validate/valid", valid);
    return g_test_run();
}
