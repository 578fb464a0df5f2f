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

struct Leftovers {
    std::vector<Leftover> files;
    // Named like parts, but without a part's mark: somebody else's, and left alone. Paths.
    std::vector<std::string> unmarked;
};

// Those in a directory, and in what is below it down to depth. Parts that somebody still writes
// stay away; the locks of those given are held. What had been composed of these is removed: it was
// not finished, and all is in the parts still.
Leftovers find_leftovers(const std::string& directory, guint depth);

} // namespace rtc
