// What the fuzzers share.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

// libFuzzer keeps the input of an abort.
inline void check(bool holds, const std::string& what) {
    if (holds)
        return;
    std::fprintf(stderr, "This doesn't hold: %s\n", what.c_str());
    std::abort();
}
