// The files in a directory and below.
#pragma once

#include <glib.h>

#include <functional>
#include <string>

namespace rtc {

// Each file down to depth, in no order, until `look` returns false. Symbolic links are passed by.
void for_each_file(const std::string& directory, guint depth,
                   const std::function<bool(const std::string& path)>& look);

} // namespace rtc
