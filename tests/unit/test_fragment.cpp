// application/trickle-ice-sdpfrag, as it is meant and as peers write it.
#include "signaling/whip/fragment.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc::whip;

namespace {

const std::string host = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";
const std::string relay = "candidate:2 1 udp 1 198.51.100.1 6000 typ relay raddr 0.0.0.0 rport 0";
const std::vector<std::string> mids{"0", "video"};

Fragment parsed(const std::string& text) {
    auto fragment = parse_fragment(text);
    g_assert_true(bool(fragment));
    return *fragment;
}

void expect(const std::string& text, const std::vector<FragmentCandidate>& expected) {
    auto found = candidates(parsed(text), mids);
    g_assert_cmpuint(found.size(), ==, expected.size());
    for (size_t i = 0; i < found.size(); i++)
        g_assert_true(found[i] == expected[i]);
}

// The form of RFC 8840 section 9.
void as_specified() {
    auto fragment = parsed("a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
                           "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=" +
                           host + "\r\na=end-of-candidates\r\n");
    RTC_ASSERT_TEXT(fragment.ufrag, "EsAw");
    RTC_ASSERT_TEXT(fragment.password, "P2uYro0UCOQ4zxjKXaWCBui1");
    g_assert_cmpuint(fragment.sections.size(), ==, 1);
    RTC_ASSERT_TEXT(fragment.sections[0].media, "audio");
    RTC_ASSERT_TEXT(fragment.sections[0].mid, "0");
    g_assert_true(fragment.sections[0].candidates == std::vector{host});
    g_assert_true(fragment.sections[0].end_of_candidates);
    g_assert_false(fragment.end_of_candidates);
}

void sections_by_mid() {
    expect("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:video\r\na=" + host +
               "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=" + relay + "\r\n",
           {{1, host}, {0, relay}});
}

void line_feeds_alone() {
    expect("a=mid:0\na=" + host + "\n\na=end-of-candidates", {{0, host}, {0, {}}});
}

void mids_without_lines() {
    expect("a=mid:0\r\na=" + host + "\r\na=mid:video\r\na=" + relay + "\r\n",
           {{0, host}, {1, relay}});
}

void lines_without_mids() {
    expect("m=audio 9 x 0\r\na=" + host + "\r\nm=video 9 x 0\r\na=" + relay + "\r\n",
           {{0, host}, {1, relay}});
}

void no_section_is_the_first() {
    expect("a=ice-ufrag:x\r\na=" + host + "\r\n", {{0, host}});
    auto fragment = parsed("a=" + host);
    g_assert_true(candidates(fragment, {}).empty());
}

void the_end_of_all() {
    expect("a=end-of-candidates\r\na=mid:0\r\na=" + host + "\r\n", {{0, host}, {0, {}}, {1, {}}});
}

void unknown_sections_are_left_out() {
    expect("a=mid:nope\r\na=" + host + "\r\na=end-of-candidates\r\na=mid:video\r\na=" + relay +
               "\r\n",
           {{1, relay}});
    // More lines than there are.
    expect("m=a\r\nm=b\r\nm=c\r\na=" + host + "\r\n", {});
}

void unknown_attributes_are_passed_over() {
    expect("a=ice-options:trickle\r\na=group:BUNDLE 0 1\r\na=mid:0\r\na=rtcp-mux\r\na=" + host +
               "\r\n",
           {{0, host}});
}

void ufrags_of_all_levels() {
    auto fragment = parsed("a=ice-ufrag:one\r\nm=audio 9 x 0\r\na=ice-ufrag:two\r\na=ice-pwd:p\r\n"
                           "m=video 9 x 0\r\na=ice-ufrag:one\r\n");
    g_assert_true(ufrags(fragment) == (std::vector<std::string>{"one", "two"}));
    RTC_ASSERT_TEXT(fragment.sections[0].password, "p");
}

void refused() {
    std::string nul("a=mid:0\0\r\n", 10);
    std::string many;
    for (int i = 0; i < 201; i++)
        many += "a=" + host + "\r\n";
    for (const auto& text :
         {std::string(), std::string("\r\n\r\n"), std::string("{\"candidate\": \"\"}"),
          std::string("v=0\r\na=mid:0\r\n"), std::string("a=mid:0\r\ncandidate:1"),
          std::string("a=mid:\xff\xff"), nul, many, "a=" + std::string(70000, 'x')}) {
        auto fragment = parse_fragment(text);
        g_assert_false(bool(fragment));
        g_assert_true(fragment.error().message != "");
    }
}

void written_and_read_back() {
    Fragment fragment;
    fragment.ufrag = "u";
    fragment.password = "p";
    fragment.sections.push_back({"audio", "0", "", "", {host, relay}, true});
    fragment.sections.push_back({"video", "1", "uu", "pp", {}, false});
    auto text = to_string(fragment);
    RTC_ASSERT_TEXT(text,
                    ("a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
                     "a=" +
                     host + "\r\na=" + relay +
                     "\r\na=end-of-candidates\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n"
                     "a=ice-ufrag:uu\r\na=ice-pwd:pp\r\n"));
    RTC_ASSERT_TEXT(to_string(parsed(text)), text);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/fragment/specified", as_specified);
    g_test_add_func("/fragment/sections", sections_by_mid);
    g_test_add_func("/fragment/line-feeds", line_feeds_alone);
    g_test_add_func("/fragment/mids-alone", mids_without_lines);
    g_test_add_func("/fragment/lines-alone", lines_without_mids);
    g_test_add_func("/fragment/no-section", no_section_is_the_first);
    g_test_add_func("/fragment/end-of-all", the_end_of_all);
    g_test_add_func("/fragment/unknown-sections", unknown_sections_are_left_out);
    g_test_add_func("/fragment/unknown-attributes", unknown_attributes_are_passed_over);
    g_test_add_func("/fragment/ufrags", ufrags_of_all_levels);
    g_test_add_func("/fragment/refused", refused);
    g_test_add_func("/fragment/round-trip", written_and_read_back);
    return g_test_run();
}
