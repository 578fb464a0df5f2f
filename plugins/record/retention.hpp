// Which recordings are to go. Pure.
#pragma once

#include <glib.h>

#include <string>
#include <vector>

namespace rtc {

// A recording that is over.
struct Stored {
    std::string manifest; // path
    std::vector<std::string> files;
    gint64 stopped = 0;   // when, in seconds since 1970
    guint64 bytes = 0;    // of its files
    bool finished = true; // and its manifest says so
};

struct RetentionLimits {
    gint64 age = 0;   // seconds since a recording has stopped; 0: no limit
    guint64 size = 0; // bytes of all recordings together; 0: no limit
    bool any() const { return age > 0 || size > 0; }
};

struct Expired {
    Stored recording;
    const char* reason; // "retention-age", "retention-size"
};

// The oldest first: those that are too old, and of the others as many as are too much. now: seconds
// since 1970. What has stopped in the future, by a clock that was wrong, is not old.
std::vector<Expired> choose_expired(std::vector<Stored> recordings, const RetentionLimits& limits,
                                    gint64 now);

} // namespace rtc
