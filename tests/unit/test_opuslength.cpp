#include "plugins/record/opuslength.hpp"

#include <vector>

using namespace rtc;

struct Row {
    std::vector<guint8> packet;
    gint64 us;
};

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/opus-length", [] {
        const Row rows[] = {
            {{}, 0},
            {{0 << 3}, 10000}, // SILK
            {{3 << 3}, 60000},
            {{11 << 3}, 60000},
            {{12 << 3}, 10000},        // hybrid
            {{15 << 3 | 1}, 40000},    // two frames
            {{16 << 3}, 2500},         // CELT
            {{31 << 3 | 2}, 40000},    // two of other sizes
            {{31 << 3 | 3, 3}, 60000}, // three, told in the second byte
            {{31 << 3 | 3}, 0},
            {{3 << 3 | 3, 3}, 0}, // longer than a packet may be
        };
        for (const auto& row : rows)
            g_assert_cmpint(opus_length(row.packet), ==, row.us * 1000);
    });
    return g_test_run();
}
