#include "plugins/publish/bitratepolicy.hpp"

using namespace rtc;

namespace {

constexpr GstClockTime ms = GST_MSECOND;

void policies() {
    struct Row {
        BitratePolicy policy;
        std::vector<guint> estimates;
        guint bitrate;
    };
    const Row rows[] = {
        {BitratePolicy::lowest, {2'000'000, 1'000'000, 600'000}, 570'000},
        // Who is alone is followed all the way down; few viewers that are alike are, too.
        {BitratePolicy::most, {600'000}, 570'000},
        {BitratePolicy::most, {1'000}, 50'000},
        {BitratePolicy::most, {2'000'000, 600'000}, 570'000},
        {BitratePolicy::most, {2'000'000, 1'000'000, 600'000}, 570'000},
        {BitratePolicy::most, {700'000, 700'000, 600'000, 700'000, 500'000}, 570'000},
        {BitratePolicy::most, {300'000, 300'000, 300'000, 300'000, 2'000'000}, 285'000},
        // One that says it carries next to nothing, or everything.
        {BitratePolicy::most, {2'000'000, 1'000}, 475'000},
        {BitratePolicy::most, {2'000'000, 2'000'000, 1'000}, 475'000},
        {BitratePolicy::most, {1'000, 2'000'000, 2'000'000, 2'000'000, 2'000'000}, 1'900'000},
        {BitratePolicy::most, {G_MAXUINT, 300'000, 300'000}, 285'000},
        {BitratePolicy::median, {2'000'000, 1'000'000, 600'000}, 950'000},
        {BitratePolicy::median, {2'000'000, 600'000}, 570'000},
        {BitratePolicy::best, {2'000'000, 1'000'000, 600'000}, 1'900'000},
        {BitratePolicy::best, {9'000'000}, 2'500'000},
        {BitratePolicy::lowest, {10'000}, 50'000},
    };
    for (const auto& row : rows) {
        SharedBitrate shared({row.policy, 50'000, 2'500'000});
        shared.update(row.estimates, 0);
        g_assert_cmpuint(shared.bitrate(), ==, row.bitrate);
    }
}

void steps() {
    SharedBitrate shared({BitratePolicy::lowest, 50'000, 2'500'000});
    g_assert_false(shared.update({}, 0).has_value()); // nobody says anything: as it began
    g_assert_cmpuint(*shared.update({1'000'000}, 10 * ms), ==, 950'000);
    g_assert_false(shared.update({1'020'000}, 2000 * ms).has_value()); // not worth it
    g_assert_cmpuint(*shared.update({1'200'000}, 2000 * ms), ==, 1'140'000);
    g_assert_false(shared.update({1'500'000}, 2400 * ms).has_value()); // too soon
    g_assert_cmpuint(*shared.update({800'000}, 2410 * ms), ==, 760'000);
    g_assert_cmpuint(*shared.update({1'500'000}, 2500 * ms), ==, 1'425'000);
    g_assert_cmpuint(*shared.update({2'500'000}, 2510 * ms), ==,
                     2'375'000);                                    // so much more: at once
    g_assert_cmpuint(*shared.update({}, 4000 * ms), ==, 2'500'000); // the slow one has gone
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/bitratepolicy/policies", policies);
    g_test_add_func("/bitratepolicy/steps", steps);
    return g_test_run();
}
