#include "tests/unit/sdp_data.hpp"

using namespace rtc;

static const std::string transport_cc(sdp::extension::transport_cc);

static sdp::MediaLine line_of(const sdp::Message& message, guint index) {
    return sdp::media_lines(message.get())[index];
}

static std::string types_of(const sdp::MediaLine& line) {
    std::string result;
    for (const auto& payload : line.payloads)
        result += (result.empty() ? "" : " ") + std::to_string(payload.type);
    return result;
}

static void add_payload() {
    auto parsed = sdp::parse("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                             "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n");
    auto message = std::move(*parsed);
    auto* media = sdp::media_at(message.get(), 0);
    for (int i = 0; i < 2; i++) // once is enough
        sdp::add_payload(media, 118, "red", 90'000);
    auto line = sdp::media_lines(message.get()).at(0);
    g_assert_cmpuint(line.payloads.size(), ==, 2);
    g_assert_cmpint(line.payloads[1].type, ==, 118);
    g_assert_true(line.payloads[1].is("red"));
    g_assert_cmpuint(line.payloads[1].clock_rate, ==, 90'000);
    sdp::add_payload(media, 49, "flexfec-03", 90'000, "repair-window=10000000");
    assert_equal(sdp::media_lines(message.get()).at(0).payloads.at(2).fmtp,
                 "repair-window=10000000");
}

static void keep_payloads() {
    struct Case {
        std::vector<int> types;
        const char* left;
    } cases[] = {
        {{96, 97}, "96 97"},        {{97, 96}, "96 97"}, {{102}, "102"},
        {{103, 102, 5}, "102 103"}, {{}, nullptr},       {{5}, nullptr},
    };
    auto before = parsed(read_sdp("chromium-sendonly"));
    for (const auto& c : cases) {
        auto message = sdp::copy(before.get());
        sdp::keep_payloads(sdp::media_at(message.get(), 1), c.types);
        if (!c.left) { // an m-line can't be without formats
            assert_equal(sdp::to_string(message.get()), sdp::to_string(before.get()));
            continue;
        }
        auto line = line_of(message, 1);
        assert_equal(types_of(line), c.left);
        auto text = sdp::to_string(message.get());
        text = text.substr(text.find("m=video"));
        g_assert_cmpuint(count_lines(text, "a=rtpmap"), ==, line.payloads.size());
        guint feedback = 0, fmtp = 0;
        for (const auto& payload : line.payloads) {
            const auto original = line_of(before, 1);
            g_assert_true(payload.feedback == original.find_payload(payload.type)->feedback);
            feedback += payload.feedback.size();
            fmtp += !payload.fmtp.empty();
        }
        g_assert_cmpuint(count_lines(text, "a=rtcp-fb"), ==, feedback);
        g_assert_cmpuint(count_lines(text, "a=fmtp"), ==, fmtp);
        assert_equal(types_of(line_of(message, 0)), types_of(line_of(before, 0)));
    }
    auto wildcard = parsed(small_offer);
    sdp::keep_payloads(sdp::media_at(wildcard.get(), 1), {96});
    assert_contains(sdp::to_string(wildcard.get()), "a=rtcp-fb:* ccm fir\r\n");
}

static void keep_extensions() {
    auto message = parsed(read_sdp("firefox-sendonly"));
    const std::string_view kept[] = {sdp::extension::transport_cc, sdp::extension::playout_delay};
    sdp::keep_extensions(sdp::media_at(message.get(), 1), kept);
    auto line = line_of(message, 1);
    g_assert_cmpuint(line.extensions.size(), ==, 2);
    g_assert_cmpuint(line.extension_id(sdp::extension::playout_delay).value(), ==, 6);
    assert_equal(line.extensions[0].direction, "recvonly");
    sdp::keep_extensions(sdp::media_at(message.get(), 1), {});
    g_assert_true(line_of(message, 1).extensions.empty());
    g_assert_false(line_of(message, 0).extensions.empty());
}

static void finds_an_unused_payload_type() {
    auto range = [](int first, int last) {
        std::string types;
        for (int type = first; type <= last; type++)
            types += " " + std::to_string(type);
        return types;
    };
    auto unused = [](const std::string& audio, const std::string& video) {
        auto message = sdp::parse("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
                                  "m=audio 9 UDP/TLS/RTP/SAVPF" +
                                  audio + "\r\nm=video 9 UDP/TLS/RTP/SAVPF" + video + "\r\n");
        return sdp::unused_payload_type(message->get()).value_or(-1);
    };
    g_assert_cmpint(unused(" 97", " 98"), ==, 96);
    g_assert_cmpint(unused(" 97", " 96"), ==, 98);
    g_assert_cmpint(unused(" 0", range(96, 127)), ==, 35);
    g_assert_cmpint(unused(range(35, 63), range(96, 127)), ==, -1);
}

static void msid_and_ssrcs() {
    auto message = parsed(read_sdp("chromium-sendonly"));
    auto* media = sdp::media_at(message.get(), 1);
    sdp::set_msid(media, "stream", "track");
    sdp::set_ssrcs(media, {.media = 4294967295}, "name");
    auto line = line_of(message, 1);
    assert_equal(line.msid, "stream track");
    g_assert_true(line.ssrcs == std::vector<guint32>{G_MAXUINT32});
    auto text = sdp::to_string(message.get());
    g_assert_cmpuint(count_lines(text, "a=msid:stream track"), ==, 1);
    assert_contains(text, "a=ssrc:4294967295 cname:name\r\n");
    g_assert_cmpuint(count_lines(text, "a=ssrc-group"), ==, 0);

    sdp::set_ssrcs(media, {1, 2, 0}, "name");
    text = sdp::to_string(message.get());
    assert_contains(text, "a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:name\r\na=ssrc:2 cname:name\r\n");
    g_assert_true(line_of(message, 1).ssrcs == (std::vector<guint32>{1, 2}));

    sdp::set_ssrcs(media, {1, 2, 3}, "name");
    assert_contains(sdp::to_string(message.get()),
                    "a=ssrc-group:FID 1 2\r\na=ssrc-group:FEC-FR 1 3\r\n"
                    "a=ssrc:1 cname:name\r\na=ssrc:2 cname:name\r\na=ssrc:3 cname:name\r\n");
}

// An answer as webrtcbin writes it: one codec, no header extension, H264 without its profile.
static const std::string webrtcbin_answer = "v=0\r\n"
                                            "o=- 1 1 IN IP4 0.0.0.0\r\n"
                                            "s=-\r\n"
                                            "t=0 0\r\n"
                                            "a=ice-options:trickle\r\n"
                                            "a=group:BUNDLE 0 1\r\n"
                                            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
                                            "c=IN IP4 0.0.0.0\r\n"
                                            "a=ice-ufrag:ours\r\n"
                                            "a=ice-pwd:0123456789012345678901\r\n"
                                            "a=mid:0\r\n"
                                            "a=rtcp-mux\r\n"
                                            "a=setup:active\r\n"
                                            "a=rtpmap:111 OPUS/48000/2\r\n"
                                            "a=recvonly\r\n"
                                            "a=fingerprint:sha-256 "
                                            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                                            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
                                            "m=video 9 UDP/TLS/RTP/SAVPF 102\r\n"
                                            "c=IN IP4 0.0.0.0\r\n"
                                            "a=ice-ufrag:ours\r\n"
                                            "a=ice-pwd:0123456789012345678901\r\n"
                                            "a=mid:1\r\n"
                                            "a=rtcp-mux\r\n"
                                            "a=setup:active\r\n"
                                            "a=rtpmap:102 H264/90000\r\n"
                                            "a=rtcp-fb:102 nack pli\r\n"
                                            "a=recvonly\r\n"
                                            "a=fingerprint:sha-256 "
                                            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                                            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n";

static sdp::Message patched(const std::string& answer, const sdp::Message& offer) {
    auto message = parsed(answer);
    sdp::patch_answer(message.get(), offer.get());
    return message;
}

static void accepted_sections() {
    auto offer = parsed(read_sdp("chromium-sendonly"));
    auto answer = patched(webrtcbin_answer, offer);
    for (guint i = 0; i < 2; i++) {
        auto line = line_of(answer, i);
        g_assert_cmpuint(line.extension_id(sdp::extension::transport_cc).value(), ==, 3);
        g_assert_cmpuint(line.extensions.size(), ==, 1);
        g_assert_true(line.payloads[0].has_feedback("transport-cc"));
    }
    auto h264 = line_of(answer, 1).payloads[0];
    assert_equal(h264.fmtp,
                 "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f");
    g_assert_true(line_of(answer, 0).payloads[0].fmtp.empty());
    auto text = sdp::to_string(answer.get());
    g_assert_cmpuint(count_lines(text, "a=rtcp-mux-only"), ==, 2);
    g_assert_true(bool(sdp::validate(answer.get(), sdp::DescriptionType::answer)));
    // Once is enough.
    sdp::patch_answer(answer.get(), offer.get());
    assert_equal(sdp::to_string(answer.get()), text);

    // What the answer says itself stays.
    auto own = webrtcbin_answer + "a=fmtp:102 profile-level-id=42e01f;x=1\r\n";
    h264 = line_of(patched(own, offer), 1).payloads[0];
    assert_equal(h264.fmtp,
                 "profile-level-id=42e01f;x=1;level-asymmetry-allowed=1;packetization-mode=1");

    // Nothing is promised that wasn't offered.
    auto text_offer = all_replaced(read_sdp("chromium-sendonly"), "transport-cc", "other");
    auto without = parsed(all_replaced(text_offer, transport_cc, "urn:other"));
    answer = patched(webrtcbin_answer, without);
    g_assert_true(line_of(answer, 1).extensions.empty());
    g_assert_false(line_of(answer, 1).payloads[0].has_feedback("transport-cc"));

    // One-way extensions are seen from the other end; the protocol is the offer's.
    auto one_way = parsed(all_replaced(
        all_replaced(read_sdp("chromium-sendonly"), "a=extmap:3 ", "a=extmap:3/sendonly "),
        "UDP/TLS/RTP", "TCP/DTLS/RTP"));
    auto line = line_of(patched(webrtcbin_answer, one_way), 1);
    assert_equal(line.extensions[0].direction, "recvonly");
    assert_equal(line.protocol, "TCP/DTLS/RTP/SAVPF");
}

// webrtcbin rejects with a copy of the offered section.
static void rejected_sections() {
    auto offer = parsed(read_sdp("chromium-sendonly"));
    auto offered = sdp::to_string(offer.get());
    auto copied = edited(offered.substr(offered.find("m=video")), "m=video ", "m=video 0");
    auto space = copied.find(' ', copied.find(' ') + 1);
    copied = "m=video 0" + copied.substr(space);
    auto answer = webrtcbin_answer.substr(0, webrtcbin_answer.find("m=video")) + copied;
    auto patched_answer = patched(edited(answer, "BUNDLE 0 1", "BUNDLE 0"), offer);
    auto line = line_of(patched_answer, 1);
    g_assert_true(line.rejected);
    g_assert_true(line.direction == sdp::Direction::inactive);
    assert_equal(line.mid, "1");
    auto theirs = sdp::fingerprints(offer.get());
    auto text = sdp::to_string(patched_answer.get());
    g_assert_cmpuint(text.find(theirs[0].value), ==, std::string::npos);
    auto section = text.substr(text.find("m=video"));
    g_assert_cmpuint(count_lines(section, "a=fingerprint:sha-256 00:11:22"), ==, 1);
    g_assert_cmpuint(count_lines(section, "a=setup:active"), ==, 1);
    g_assert_cmpuint(count_lines(section, "a=ice-ufrag:ours"), ==, 1);
    for (auto* key : {"a=candidate", "a=ssrc", "a=msid", "a=extmap", "a=sendonly"})
        g_assert_cmpuint(count_lines(section, key), ==, 0);
    g_assert_true(bool(sdp::validate(patched_answer.get(), sdp::DescriptionType::answer)));
}

static void offers() {
    const std::string video = "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\n"
                              "a=mid:v\r\na=bundle-only\r\na=rtcp-mux\r\na=sendonly\r\n"
                              "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
                              "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
    auto head = small_offer.substr(0, small_offer.find("m=video"));
    auto data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\n";
    auto with_extension = edited(head, "a=mid:a\r\n", "a=mid:a\r\na=extmap:1 urn:x\r\n");
    auto offer = parsed(edited(with_extension, "BUNDLE a v", "BUNDLE a v d") + video + data);
    sdp::patch_offer(offer.get());
    auto lines = sdp::media_lines(offer.get());
    for (guint i = 0; i < 2; i++) // the same id in all that are bundled, and not one in use
        g_assert_cmpuint(lines[i].extension_id(sdp::extension::transport_cc).value(), ==, 2);
    g_assert_true(lines[0].payloads[0].feedback == std::vector<std::string>{"transport-cc"});
    g_assert_true(lines[1].payloads[0].feedback ==
                  (std::vector<std::string>{"nack pli", "transport-cc", "nack", "ccm fir"}));
    g_assert_true(lines[1].payloads[1].feedback.empty()); // rtx
    g_assert_true(lines[2].extensions.empty());
    auto text = sdp::to_string(offer.get());
    g_assert_cmpuint(count_lines(text, "a=rtcp-mux-only"), ==, 2);
    sdp::patch_offer(offer.get());
    assert_equal(sdp::to_string(offer.get()), text);

    // An id that one section has is everybody's.
    auto known = edited(with_extension, "a=extmap:1 urn:x", "a=extmap:9 " + transport_cc);
    offer = parsed(known + video);
    sdp::patch_offer(offer.get());
    g_assert_cmpuint(line_of(offer, 1).extension_id(sdp::extension::transport_cc).value(), ==, 9);

    // Every id of the one-byte form is taken: none is added.
    std::string full;
    for (int id = 1; id <= 14; id++)
        full += "a=extmap:" + std::to_string(id) + " urn:x" + std::to_string(id) + "\r\n";
    offer = parsed(edited(with_extension, "a=extmap:1 urn:x\r\n", full) + video);
    sdp::patch_offer(offer.get());
    g_assert_false(line_of(offer, 1).extension_id(sdp::extension::transport_cc).has_value());
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sdp/edit/add-payload", add_payload);
    g_test_add_func("/sdp/edit/keep-payloads", keep_payloads);
    g_test_add_func("/sdp/edit/keep-extensions", keep_extensions);
    g_test_add_func("/sdp/edit/unused-payload-type", finds_an_unused_payload_type);
    g_test_add_func("/sdp/edit/msid-and-ssrcs", msid_and_ssrcs);
    g_test_add_func("/sdp/patch/accepted-sections", accepted_sections);
    g_test_add_func("/sdp/patch/rejected-sections", rejected_sections);
    g_test_add_func("/sdp/patch/offers", offers);
    return g_test_run();
}
