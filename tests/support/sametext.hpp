// Compares texts that may be temporaries, which g_assert_cmpstr must not be given.
#pragma once

#include <glib.h>

#include <string>

#define RTC_ASSERT_TEXT(got, expected)                                                             \
    do {                                                                                           \
        const std::string rtc_got{got};                                                            \
        const std::string rtc_expected{expected};                                                  \
        g_assert_cmpstr(rtc_got.c_str(), ==, rtc_expected.c_str());                                \
    } while (0)
