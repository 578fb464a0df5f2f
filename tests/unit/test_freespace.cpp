#include "plugins/record/freespace.hpp"

#include "signaling/base/refs.hpp"

#include <glib/gstdio.h>

using namespace rtc;

static void known() {
    auto here = free_space_at("/tmp");
    g_assert_true(here && *here > 0);
}

// Where directories are still to be made, the one above them tells.
static void to_be_made() {
    Owned<char> folder{g_dir_make_tmp("rtc-freespace-XXXXXX", nullptr)};
    g_assert_true(free_space_at(std::string(folder.get()) + "/a/b/c.mkv").has_value());
    g_assert_true(free_space_at("relative/a.mkv").has_value());
    g_remove(folder.get());
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/freespace/known", known);
    g_test_add_func("/freespace/to-be-made", to_be_made);
    return g_test_run();
}
