// Random numbers fit for secrets.
#pragma once

#include <string>

namespace rtc {

// That many random bytes of the kernel's generator, as lower-case hexadecimal digits.
std::string random_hex(size_t bytes);

} // namespace rtc
