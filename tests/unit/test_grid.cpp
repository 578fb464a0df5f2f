#include "pipelines/grid.hpp"

using namespace rtc;

struct Row {
    guint index, count;
    Cell cell;
};

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/grid", [] {
        const Row rows[] = {
            {0, 1, {0, 0, 1280, 720}},    {0, 2, {0, 0, 640, 720}},
            {1, 2, {640, 0, 640, 720}},   {0, 3, {0, 0, 640, 360}},
            {2, 3, {320, 360, 640, 360}}, {3, 4, {640, 360, 640, 360}},
            {5, 6, {853, 360, 426, 360}}, {6, 7, {427, 480, 426, 240}},
        };
        for (const auto& row : rows) {
            auto cell = grid_cell(row.index, row.count, 1280, 720);
            g_assert_cmpint(cell.x, ==, row.cell.x);
            g_assert_cmpint(cell.y, ==, row.cell.y);
            g_assert_cmpint(cell.width, ==, row.cell.width);
            g_assert_cmpint(cell.height, ==, row.cell.height);
        }
        for (guint count = 1; count < 50; count++) // nobody stands outside
            for (guint i = 0; i < count; i++) {
                auto cell = grid_cell(i, count, 640, 480);
                g_assert_cmpint(cell.x, >=, 0);
                g_assert_cmpint(cell.x + cell.width, <=, 640);
                g_assert_cmpint(cell.y + cell.height, <=, 480);
            }
    });
    return g_test_run();
}
