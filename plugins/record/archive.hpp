// The recordings that stand in a directory, known by their manifests.
#pragma once

#include "plugins/record/retention.hpp"
#include "signaling/base/result.hpp"

#include <atomic>
#include <optional>
#include <string_view>

namespace rtc {

// What a manifest says, where it is one of a recorder's; the files stand in `directory`. Those that
// the manifest names outside of it are none of the recording's. Pure; sizes are not in it.
std::optional<Stored> read_stored(std::string_view json, const std::string& directory);

// The recordings in a directory, and in what is below it down to depth, that nobody works on any
// more: finished ones, and those whose process was killed, or could not say that they are finished.
// Blocks; ends early when `stop` is set. One of which a part is being written still, or was left
// unfinished, is none.
std::vector<Stored> list_stored(const std::string& directory, guint depth,
                                const std::atomic<bool>& stop);

// Deletes a recording's files, its manifest last, so that what is interrupted is done again; and
// the directories below `top` that are empty then. What is gone already is no error.
Result<void> delete_stored(const Stored& recording, const std::string& top);

} // namespace rtc
