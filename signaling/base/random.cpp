#include "signaling/base/random.hpp"

#include <glib.h>
#include <unistd.h>

#include <vector>

namespace rtc {

std::string random_hex(size_t bytes) {
    std::vector<unsigned char> data(bytes);
    if (getentropy(data.data(), data.size()) != 0)
        g_error("the system gives no random numbers");
    std::string text;
    for (auto byte : data)
        for (auto digit : {byte >> 4, byte & 15})
            text += "0123456789abcdef"[digit];
    return text;
}

} // namespace rtc
