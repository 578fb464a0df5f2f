// Tests that are rows of docs/conformance.md: a requirement in words, with the section that it is
// in. `docs/conformance` writes the page from them.
#pragma once

#include <glib.h>

#include <span>
#include <string>

namespace rtc::test {

struct Row {
    const char *id, *section, *words; // no section: a test that is no row
    void (*test)();
};

// With --rows: prints them, and runs nothing.
inline int run_rows(int argc, char** argv, const char* group, std::span<const Row> rows) {
    bool list = argc > 1 && g_str_equal(argv[1], "--rows");
    if (!list)
        g_test_init(&argc, &argv, nullptr);
    for (const auto& row : rows) {
        auto path = std::string("/") + group + "/" + row.id;
        if (!list)
            g_test_add_func(path.c_str(), row.test);
        else if (row.section)
            g_print("%s\t%s\t%s\n", path.c_str(), row.section, row.words);
    }
    return list ? 0 : g_test_run();
}

} // namespace rtc::test
