// What the conformance tests share: a server with a real host behind it.
#pragma once

#include "signaling/whip/fragment.hpp"
#include "tests/support/fakehost.hpp"
#include "tests/support/httpclient.hpp"
#include "tests/support/offers.hpp"
#include "tests/support/rows.hpp"

namespace rtc::test {

// rtcsrc or rtcsink, playing.
class Live {
public:
    explicit Live(const std::string& pipeline)
        : pipeline_(sink(gst_parse_launch(pipeline.c_str(), nullptr))) {
        g_assert_nonnull(pipeline_.get());
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
        auto bus = adopt(gst_element_get_bus(pipeline_.get()));
        while (url.empty()) {
            auto message = adopt(gst_bus_timed_pop_filtered(
                bus.get(), 20 * GST_SECOND,
                GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR)));
            g_assert_nonnull(message.get());
            auto* fields = gst_message_get_structure(message.get());
            if (gst_structure_has_name(fields, "rtc-signaling-ready"))
                url = gst_structure_get_string(fields, "uri");
        }
    }
    ~Live() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    std::string url;

private:
    Ref<GstElement> pipeline_;
};

inline Request post_offer(const std::string& url, const std::string& direction = "sendonly") {
    return {"POST", url, {}, "application/sdp", make_offer(direction)};
}

// Another ICE generation of what was opened at that URL.
inline http::Response restart_ice(const std::string& session) {
    return fetch({"PATCH",
                  session,
                  {{"If-Match", "*"}},
                  whip::fragment_type,
                  "a=ice-ufrag:other\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
                  "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
                  "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n"});
}

// It succeeds, with credentials that the answer did not have.
inline void check_restart(const http::Response& opened) {
    g_assert_cmpuint(opened.status, ==, 201);
    auto response = restart_ice(std::string(opened.header("Location")));
    g_assert_cmpuint(response.status, ==, 200);
    auto fragment = whip::parse_fragment(response.text());
    g_assert_true(fragment && !fragment->ufrag.empty() && !fragment->sections.empty());
    g_assert_false(fragment->sections[0].candidates.empty());
    g_assert_true(opened.text().find(fragment->ufrag) == std::string::npos);
}

inline std::string recorded_offer(const char* name) {
    char* text = nullptr;
    auto path = std::string(TEST_DATA "/sdp/") + name + ".sdp";
    g_assert_true(g_file_get_contents(path.c_str(), &text, nullptr, nullptr));
    Owned<char> owned{text};
    return text;
}

inline void answer_all(FakeHost& host) {
    host.on_offer([&host](const std::string& session) { host.answer(session, make_answer()); });
}

inline std::vector<std::string> links_of(const http::Response& response) {
    std::vector<std::string> links;
    for (const auto& [name, value] : response.headers)
        if (name == "Link")
            links.push_back(value);
    return links;
}

inline size_t count(std::string_view text, std::string_view what) {
    size_t found = 0;
    for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size())
        found++;
    return found;
}

inline bool has(std::string_view text, std::string_view what) {
    return count(text, what) > 0;
}

} // namespace rtc::test
