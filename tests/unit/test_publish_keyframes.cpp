#include "plugins/publish/keyframes.hpp"

using namespace rtc;

namespace {

constexpr GstClockTime ms = GST_MSECOND;
constexpr GstClockTime start = 10 * GST_SECOND;

enum class Call { request, poll, keyframe };
struct Step {
    GstClockTime at;
    Call call;
    bool sends;
};

void run(std::initializer_list<Step> steps) {
    Keyframes keyframes({.interval = 500 * ms, .retry = 1000 * ms, .unanswered = 5000 * ms});
    for (const auto& step : steps) {
        bool sent = false;
        switch (step.call) {
        case Call::request:
            sent = keyframes.request(start + step.at * ms);
            break;
        case Call::poll:
            sent = keyframes.poll(start + step.at * ms);
            break;
        case Call::keyframe:
            keyframes.keyframe();
            break;
        }
        if (sent != step.sends)
            g_error("at %d ms: %s", int(step.at), sent ? "sent" : "not sent");
    }
}

void one_for_all() {
    run({{0, Call::poll, false}, // nobody asked
         {0, Call::request, true},
         {1, Call::request, false},
         {20, Call::request, false},
         {33, Call::keyframe, false},
         {40, Call::poll, false}});
}

void keeps_distance() {
    run({{0, Call::request, true},
         {33, Call::keyframe, false},
         {100, Call::request, false}, // has to wait, but is not forgotten
         {499, Call::poll, false},
         {500, Call::poll, true},
         {510, Call::poll, false},
         {533, Call::keyframe, false},
         {2000, Call::request, true}});
}

void answered_by_any_keyframe() {
    run({{0, Call::request, true},
         {33, Call::keyframe, false},
         {100, Call::request, false},
         {200, Call::keyframe, false}, // came by itself
         {500, Call::poll, false}});
}

void repeats() {
    run({{0, Call::request, true},
         {600, Call::request, false},
         {999, Call::poll, false},
         {1000, Call::poll, true},
         {1500, Call::poll, false},
         {2000, Call::poll, true}});
}

void tells_once() {
    Keyframes keyframes({.unanswered = 5000 * ms});
    g_assert_false(keyframes.unanswered(start));
    keyframes.request(start);
    g_assert_true(keyframes.wanted());
    g_assert_false(keyframes.unanswered(start + 4999 * ms));
    g_assert_true(keyframes.unanswered(start + 5000 * ms));
    g_assert_false(keyframes.unanswered(start + 6000 * ms));

    Keyframes answered({.unanswered = 5000 * ms});
    answered.request(start);
    answered.keyframe();
    g_assert_false(answered.wanted());
    g_assert_false(answered.unanswered(start + 9000 * ms));
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/keyframes/one-for-all", one_for_all);
    g_test_add_func("/keyframes/keeps-distance", keeps_distance);
    g_test_add_func("/keyframes/answered-by-any-keyframe", answered_by_any_keyframe);
    g_test_add_func("/keyframes/repeats", repeats);
    g_test_add_func("/keyframes/tells-once", tells_once);
    return g_test_run();
}
