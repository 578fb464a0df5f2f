// Sealed packets that wait to go together.
#pragma once

#include "plugins/transport/datagrams.hpp"

#include <array>
#include <memory>

namespace rtc {

inline constexpr size_t max_packet = 1600; // bytes, sealed

// One for each send thread.
struct Batch {
    static constexpr size_t room = 64;
    std::array<std::array<guint8, max_packet>, room> slots;
    std::array<std::span<const guint8>, room> datagrams;
    size_t count = 0;

    guint8* slot() { return slots[count].data(); }
    void add(size_t size) {
        datagrams[count] = {slots[count].data(), size};
        count++;
    }
};
inline Batch& batch() {
    thread_local auto own = std::make_unique<Batch>();
    return *own;
}

} // namespace rtc
