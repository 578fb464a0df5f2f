// What an earlier process left unfinished.
#pragma once

#include "plugins/record/partfile.hpp"

#include <vector>

namespace rtc {

struct Leftover {
    struct Part {
        PartFile file;
        gint64 offset; // where its zero lies in the whole, in nanoseconds
    };
    std::string location;
    std::vector<Part> parts; // never empty, nor are the files
};

// Those in a directory, and in what is below it down to depth. Files that somebody still writes
// stay away; the locks of those given are held. Empty parts and unfinished compositions, whose
// parts are all there still, are removed.
std::vector<Leftover> find_leftovers(const std::string& directory, guint depth);

} // namespace rtc
