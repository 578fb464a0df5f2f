// Numbers in network order, at any address.
#pragma once

#include <glib.h>

#include <cstddef>

namespace rtc {

template <typename Number>
Number read_number(const guint8* at, size_t size = sizeof(Number)) {
    Number number = 0;
    for (size_t i = 0; i < size; i++)
        number = Number(number << 8 | at[i]);
    return number;
}

template <typename Number>
void write_number(guint8* at, Number number, size_t size = sizeof(Number)) {
    for (size_t i = size; i-- > 0; number = Number(number >> 8))
        at[i] = guint8(number);
}

} // namespace rtc
