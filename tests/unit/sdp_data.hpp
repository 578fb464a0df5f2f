// Descriptions for the tests of signaling/sdp: those of tests/data/sdp, and a small one to change.
#pragma once

#include "signaling/sdp/sdp.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rtc {

inline const std::vector<std::string> browser_offers{"chromium-sendonly",
                                                     "chromium-recvonly",
                                                     "chromium-audio",
                                                     "chromium-trickle",
                                                     "chromium-simulcast",
                                                     "chromium-mdns",
                                                     "chromium-call-maxbundle-data",
                                                     "firefox-sendonly",
                                                     "firefox-recvonly",
                                                     "firefox-audio",
                                                     "firefox-trickle",
                                                     "firefox-call-maxbundle-data"};

inline std::string read_sdp(const std::string& name) {
    Owned<char> path(g_build_filename(TEST_DATA, "sdp", (name + ".sdp").c_str(), nullptr));
    char* text = nullptr;
    GError* error = nullptr;
    g_file_get_contents(path.get(), &text, nullptr, &error);
    g_assert_no_error(error);
    return Owned<char>(text).get();
}

// One audio and one video section, bundled; each line is there once for the tests to replace.
inline const std::string small_offer = "v=0\r\n"
                                       "o=- 1 1 IN IP4 127.0.0.1\r\n"
                                       "s=-\r\n"
                                       "t=0 0\r\n"
                                       "a=group:BUNDLE a v\r\n"
                                       "a=setup:actpass\r\n"
                                       "a=ice-ufrag:abcd\r\n"
                                       "a=ice-pwd:0123456789012345678901\r\n"
                                       "a=fingerprint:sha-256 "
                                       "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                                       "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
                                       "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n"
                                       "c=IN IP4 0.0.0.0\r\n"
                                       "a=mid:a\r\n"
                                       "a=sendrecv\r\n"
                                       "a=rtcp-mux\r\n"
                                       "a=rtpmap:111 opus/48000/2\r\n"
                                       "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
                                       "c=IN IP4 0.0.0.0\r\n"
                                       "a=mid:v\r\n"
                                       "a=sendonly\r\n"
                                       "a=rtcp-mux\r\n"
                                       "a=rtcp-rsize\r\n"
                                       "a=rtpmap:96 VP8/90000\r\n"
                                       "a=rtpmap:97 rtx/90000\r\n"
                                       "a=fmtp:97 apt=96\r\n"
                                       "a=rtcp-fb:96 nack pli\r\n"
                                       "a=rtcp-fb:* ccm fir\r\n";

// With the first occurrence replaced, which must be there.
inline std::string edited(std::string text, std::string_view from, std::string_view to) {
    auto at = text.find(from);
    g_assert_cmpuint(at, !=, std::string::npos);
    return text.replace(at, from.size(), to);
}

inline std::string all_replaced(std::string text, std::string_view from, std::string_view to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

inline sdp::Message parsed(const std::string& text) {
    auto message = sdp::parse(text);
    if (!message)
        g_error("%s", message.error().message.c_str());
    return std::move(*message);
}

// How often a line starts so.
inline guint count_lines(const std::string& text, const std::string& start) {
    guint count = text.starts_with(start);
    for (size_t at = 0; (at = text.find("\n" + start, at)) != std::string::npos; at++)
        count++;
    return count;
}

// g_assert_cmpstr would keep a pointer into a temporary.
inline void assert_equal(const std::string& got, const std::string& expected) {
    g_assert_cmpstr(got.c_str(), ==, expected.c_str());
}

inline void assert_contains(const std::string& text, const std::string& part) {
    if (text.find(part) == text.npos)
        g_error("'%s' is not in: %s", part.c_str(), text.c_str());
}

} // namespace rtc
