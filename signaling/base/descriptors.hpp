// The file descriptors of the process. Sockets, files and threads' loops take them, and GLib ends
// the process when a loop gets none: so what strangers can ask for is refused before.
//
// Threads: any.
#pragma once

#include <cstddef>

namespace rtc {

// These stay free for what is on already: files of recordings, commands, connections.
inline constexpr size_t reserved_descriptors = 64;

// Lets the process have as many as its hard limit allows, once.
void raise_descriptor_limit();
// In a child, before another program is run there: it gets the limit that we were started with.
void restore_descriptor_limit();
// How many it may have.
size_t descriptor_limit();
// How many more of these it may open now.
size_t free_descriptors();

} // namespace rtc
