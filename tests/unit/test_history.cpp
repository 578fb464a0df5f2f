#include "plugins/publish/history.hpp"

using namespace rtc;

namespace {

PacketRef packet(guint32 timestamp, bool starts_keyframe = false, gsize size = 100) {
    static guint16 sequence = 0;
    auto result = std::make_shared<Packet>();
    result->fields.timestamp = timestamp;
    result->fields.sequence = sequence++;
    result->set_payload(adopt(gst_buffer_new_allocate(nullptr, size, nullptr)));
    result->starts_keyframe = starts_keyframe;
    return result;
}

void begins_at_a_keyframe() {
    History history;
    g_assert_false(history.add(packet(0)));
    g_assert_false(history.add(packet(3000)));
    g_assert_false(history.joinable());
    g_assert_cmpuint(history.packets().size(), ==, 1); // the picture that is arriving
    g_assert_true(history.add(packet(6000, true)));
    g_assert_false(history.add(packet(6000, true))); // the same keyframe
    g_assert_false(history.add(packet(9000)));
    g_assert_true(history.joinable());
    g_assert_cmpuint(history.packets().size(), ==, 3);
    g_assert_true(history.add(packet(12000, true)));
    g_assert_cmpuint(history.packets().size(), ==, 1);
    history.clear();
    g_assert_false(history.joinable());
    g_assert_cmpuint(history.packets().size(), ==, 0);
}

// The packet that tells of the keyframe need not be its picture's first.
void keeps_the_whole_picture() {
    History history;
    history.add(packet(0));
    history.add(packet(3000));
    g_assert_true(history.add(packet(3000, true)));
    g_assert_cmpuint(history.packets().size(), ==, 2);
    g_assert_cmpuint(history.packets().front()->fields.timestamp, ==, 3000);

    history.add(packet(6000));
    history.add(packet(9000));
    g_assert_true(history.add(packet(9000, true)));
    g_assert_cmpuint(history.packets().size(), ==, 2);
    g_assert_cmpuint(history.packets().front()->fields.timestamp, ==, 9000);
}

void bounded() {
    const struct {
        const char* what;
        History::Limits limits;
    } table[] = {
        {"time", {100 * GST_MSECOND, 1000, 1'000'000}},
        {"packets", {10 * GST_SECOND, 4, 1'000'000}},
        {"bytes", {10 * GST_SECOND, 1000, 400}},
    };
    const guint32 start = 0xfffff000; // timestamps wrap on the way
    for (const auto& row : table) {
        History history(90'000, row.limits);
        history.add(packet(start, true));
        for (guint32 i = 1; i < 4; i++) {
            history.add(packet(start + i * 3000));
            if (!history.joinable())
                g_error("%s: too early", row.what);
        }
        history.add(packet(start + 4 * 3000));
        if (history.joinable())
            g_error("%s: too late", row.what);
        g_assert_cmpuint(history.packets().size(), ==, 1);
        g_assert_true(history.add(packet(start + 5 * 3000, true))); // and back
        g_assert_true(history.joinable());
    }
}

// However big a keyframe is, those who wait for it get all of it.
void a_keyframe_is_never_too_big() {
    History history(90'000, {GST_SECOND, 4, 1000});
    history.add(packet(0, true, 900));
    for (int i = 0; i < 20; i++)
        history.add(packet(0, false, 900));
    g_assert_true(history.joinable());
    g_assert_cmpuint(history.packets().size(), ==, 21);
    history.add(packet(3000));
    g_assert_false(history.joinable());
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/history/begins-at-a-keyframe", begins_at_a_keyframe);
    g_test_add_func("/history/keeps-the-whole-picture", keeps_the_whole_picture);
    g_test_add_func("/history/bounded", bounded);
    g_test_add_func("/history/a-keyframe-is-never-too-big", a_keyframe_is_never_too_big);
    return g_test_run();
}
