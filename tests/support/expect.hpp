// Comparing texts. g_assert_cmpstr() keeps pointers alone, which don't outlive temporaries.
#pragma once

#include <glib.h>

#include <string>

namespace rtc::test {

inline void expect_equal(const std::string& got, const std::string& wanted) {
    g_assert_cmpstr(got.c_str(), ==, wanted.c_str());
}

} // namespace rtc::test
