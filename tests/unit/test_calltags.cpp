#include "plugins/rtc/calltags.hpp"

using namespace rtc;

static void both_ways() {
    auto tags = parse_call_tags(make_call_tags("a1-b2", "Zoë = \"x\"", "hall").get());
    g_assert_cmpstr(tags.room.c_str(), ==, "hall");
    g_assert_cmpstr(tags.session.c_str(), ==, "a1-b2");
    g_assert_cmpstr(tags.peer.c_str(), ==, "Zoë = \"x\"");
}

static void no_peer() {
    auto list = make_call_tags("a1", "");
    g_assert_cmpint(gst_tag_list_get_tag_size(list.get(), GST_TAG_EXTENDED_COMMENT), ==, 1);
    auto tags = parse_call_tags(list.get());
    g_assert_cmpstr(tags.session.c_str(), ==, "a1");
    g_assert_true(tags.peer.empty());
}

static void not_utf8() {
    auto tags = parse_call_tags(make_call_tags("a1", "\xff\xfe"
                                                     "bob")
                                    .get());
    g_assert_true(g_utf8_validate(tags.peer.c_str(), -1, nullptr));
    g_assert_true(tags.peer.ends_with("bob"));
}

static void among_others() {
    auto list = adopt(
        gst_tag_list_new(GST_TAG_TITLE, "t", GST_TAG_EXTENDED_COMMENT, "note=hello", nullptr));
    gst_tag_list_insert(list.get(), make_call_tags("s", "p").get(), GST_TAG_MERGE_APPEND);
    auto tags = parse_call_tags(list.get());
    g_assert_cmpstr(tags.session.c_str(), ==, "s");
    g_assert_cmpstr(tags.peer.c_str(), ==, "p");
    g_assert_true(parse_call_tags(nullptr).session.empty());
}

static void tracks() {
    auto event = adopt(gst_event_new_stream_start("s/audio_0"));
    g_assert_cmpuint(announced_tracks(event.get()), ==, 0);
    announce_tracks(event.get(), 2);
    g_assert_cmpuint(announced_tracks(event.get()), ==, 2);
}

int main(int argc, char** argv) {
    gst_init(nullptr, nullptr);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/calltags/both-ways", both_ways);
    g_test_add_func("/calltags/no-peer", no_peer);
    g_test_add_func("/calltags/not-utf8", not_utf8);
    g_test_add_func("/calltags/among-others", among_others);
    g_test_add_func("/calltags/tracks", tracks);
    return g_test_run();
}
