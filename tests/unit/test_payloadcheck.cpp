#include "plugins/receive/payloadcheck.hpp"

#include <string>
#include <vector>

using namespace rtc;

namespace {

std::vector<guint8> bytes(const std::string& hex) {
    std::vector<guint8> result;
    for (size_t i = 0; i + 1 < hex.size(); i += 2)
        result.push_back(
            guint8(g_ascii_xdigit_value(hex[i]) << 4 | g_ascii_xdigit_value(hex[i + 1])));
    return result;
}

struct Row {
    const char* codec;
    const char* payloads; // one after the other
    const char* passes;   // y or n for each; l: others are lost before it, and it doesn't pass
};
constexpr Row table[] = {
    {"VP8", "10 1011ff 90 9080 908080 90808001aa", "nynnny"},
    {"VP9", "08 08aa 88 8880 88808001 0a 0a18 0a000102", "nynnynny"},
    {"H264", "65aa 65 09 00aa 1faa 19aa 1aaaaaaa 1baaaa 1daaaa", "ynynnnnnn"},
    {"H264", "18 1800 180002 18000265 18000265aa 18000265aa00 18000165 18000109 180000",
     "nnnnynnyn"},
    // Fragments: a start, what follows, an end; nothing without a start or after a loss.
    {"H264", "7c85aa 7c05aa 7c45aa 7c45aa 7c05aa", "yyynn"},
    {"H264", "7c85aa 65aa 7c45aa", "yyn"},
    {"H264", "7c85aa 7c45aa 7cc5aa 7c45aa 7c85 7c", "ylynnn"},
    {"H265", "62 6201 620193 620113aa 620193aa 620113aa 620153aa 620153aa 6201d3aa", "nnnnyyyny"},
    {"H265", "2601aa 2601 4401 26 6401aaaa 7e01aaaa", "ynynnn"},
    {"H265", "6001 600100 600100022601 600100032601aa 600100032601aa00 600100024401", "nnnyny"},
    {"opus", "f8 fc01", "yy"},
};

std::vector<std::string> words(const char* text) {
    std::vector<std::string> result;
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    for (auto** part = parts; *part; part++)
        if (**part)
            result.emplace_back(*part);
    return result;
}

void what_passes() {
    for (const auto& row : table) {
        PayloadCheck check(*find_codec(row.codec));
        auto payloads = words(row.payloads);
        g_assert_cmpuint(payloads.size(), ==, std::string(row.passes).size());
        for (size_t i = 0; i < payloads.size(); i++) {
            bool passes = check.pass(bytes(payloads[i]), row.passes[i] == 'l');
            if (passes != (row.passes[i] == 'y'))
                g_error("%s %s %s", row.codec, payloads[i].c_str(),
                        passes ? "passes" : "does not pass");
        }
        g_assert_false(check.pass({}, false));
    }
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/payloadcheck/what-passes", what_passes);
    return g_test_run();
}
