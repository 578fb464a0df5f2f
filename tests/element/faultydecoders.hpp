// Two decoders of VP8 that rank before all others and are no good: one whose hardware is missing,
// and one that fails at the first picture.
#pragma once

namespace rtc::test {

void register_faulty_decoders();

} // namespace rtc::test
