#include "plugins/receive/keyframes.hpp"

using namespace rtc;

static void gate_opens_at_a_keyframe() {
    KeyframeGate gate;
    gate.close(0);
    g_assert_false(gate.pass(false));
    g_assert_true(gate.pass(true));
    g_assert_true(gate.pass(false));
    gate.close(10);
    g_assert_false(gate.pass(false));
    g_assert_false(gate.pass(false));
    g_assert_true(gate.pass(true));
}

static void gate_asks_after_patience() {
    KeyframeGate gate;
    g_assert_false(gate.wants_keyframe(1000));
    gate.close(100, 250);
    g_assert_false(gate.wants_keyframe(100));
    g_assert_false(gate.wants_keyframe(349));
    g_assert_true(gate.wants_keyframe(350));
    gate.close(350, 250); // waits already: goes on asking
    g_assert_true(gate.wants_keyframe(350));
    gate.pass(false);
    g_assert_true(gate.wants_keyframe(351));
    gate.pass(true);
    g_assert_false(gate.wants_keyframe(352));
    gate.close(400);
    g_assert_true(gate.wants_keyframe(400));
}

static void parked_gate_asks_nobody() {
    KeyframeGate gate;
    gate.park();
    g_assert_true(gate.parked());
    g_assert_false(gate.wants_keyframe(G_MAXUINT64));
    g_assert_false(gate.pass(false));
    gate.close(5);
    g_assert_false(gate.parked());
    g_assert_true(gate.wants_keyframe(5));
    gate.park();
    g_assert_true(gate.pass(true));
    g_assert_true(gate.pass(false));
    g_assert_false(gate.parked());
}

static void requests_are_throttled() {
    KeyframeRequests requests(1000);
    g_assert_true(requests.request(5));
    g_assert_false(requests.due(5));
    g_assert_false(requests.request(6)); // kept
    g_assert_false(requests.request(1004));
    g_assert_false(requests.due(1004));
    g_assert_true(requests.due(1005));
    g_assert_true(requests.request(1005)); // sends it
    g_assert_false(requests.due(3000));
}

static void a_keyframe_answers() {
    KeyframeRequests requests(1000);
    g_assert_true(requests.request(0));
    g_assert_false(requests.request(10));
    requests.answered();
    g_assert_false(requests.due(1000));
    g_assert_true(requests.request(1000));
}

static void held_back() {
    KeyframeRequests requests(1000);
    requests.hold(0, 250);
    g_assert_false(requests.request(0));
    g_assert_false(requests.due(249));
    g_assert_true(requests.due(250));
    g_assert_true(requests.request(250));
    requests.hold(300, 0); // never shortens the interval
    g_assert_false(requests.request(1249));
    g_assert_true(requests.request(1250));
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/keyframes/gate-opens-at-a-keyframe", gate_opens_at_a_keyframe);
    g_test_add_func("/keyframes/gate-asks-after-patience", gate_asks_after_patience);
    g_test_add_func("/keyframes/parked-gate-asks-nobody", parked_gate_asks_nobody);
    g_test_add_func("/keyframes/requests-are-throttled", requests_are_throttled);
    g_test_add_func("/keyframes/a-keyframe-answers", a_keyframe_answers);
    g_test_add_func("/keyframes/held-back", held_back);
    return g_test_run();
}
