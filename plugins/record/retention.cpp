#include "plugins/record/retention.hpp"

#include <algorithm>
#include <tuple>

namespace rtc {

std::vector<Expired> choose_expired(std::vector<Stored> recordings, const RetentionLimits& limits,
                                    gint64 now) {
    std::sort(recordings.begin(), recordings.end(), [](const auto& one, const auto& other) {
        return std::tie(one.stopped, one.manifest) < std::tie(other.stopped, other.manifest);
    });
    guint64 total = 0;
    for (const auto& recording : recordings)
        total += recording.bytes;
    std::vector<Expired> expired;
    for (auto& recording : recordings) {
        bool old = limits.age > 0 && now - recording.stopped > limits.age;
        bool too_much = limits.size > 0 && total > limits.size;
        if (!old && !too_much)
            break;
        total -= recording.bytes;
        expired.push_back({std::move(recording), old ? "retention-age" : "retention-size"});
    }
    return expired;
}

} // namespace rtc
