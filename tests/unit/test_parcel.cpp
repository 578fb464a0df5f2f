// What instances say to each other: read as it was written, and what is none.
#include "signaling/room/parcel.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::room;

namespace {

void parcels_are_read_as_they_were_written() {
    const Parcel rows[] = {
        {"i", "", Hello{}},
        {"i", "", Bye{}},
        {"i", "/hall", PeerStatusChanged{"p", {.producer = true}, R"({"name":"P"})"}},
        {"i", "/hall", PeerStatusChanged{"p", {}, ""}},
        {"i", "/hall", OpenSession{"s", "p", "c", "c", std::nullopt}},
        {"i", "/hall", OpenSession{"s", "p", "c", "p", "v=0\r\n"}},
        {"i", "/hall", PeerMessage{"s", Description{true, "v=0"}}},
        {"i", "/hall", PeerMessage{"s", Candidate{1, "candidate:1"}}},
        {"i", "/hall", EndSession{"s", Version::v1_1, "gone"}},
        {"i", "/hall", EndSession{"s", Version::v1_1, std::nullopt}},
    };
    for (const auto& parcel : rows) {
        auto text = to_json(parcel);
        auto read = parse_parcel(text);
        g_test_message("%s", text.c_str());
        g_assert_true(read && *read == parcel);
    }
}

void what_is_no_parcel_is_refused() {
    for (
        auto* text :
        {"", "{}", R"({"from":"i"})", R"({"from":"i","room":"/"})",
         R"({"from":"i","room":"/","message":{"type":"welcome","peerId":"p"}})",
         R"({"from":"i","room":"/","message":{"type":"peer"}})",
         R"({"from":"i","room":"/","open":{"session":"s","producer":"p","consumer":"c"}})",
         R"({"from":"i","room":"/","open":{"session":"s","producer":"p","consumer":"c","asker":"x"}})"})
        g_assert_false(bool(parse_parcel(text)));
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/parcel/both-ways", parcels_are_read_as_they_were_written);
    g_test_add_func("/parcel/refused", what_is_no_parcel_is_refused);
    return g_test_run();
}
