// A thread for what may not be done where it is noticed: taking an element apart on its own
// streaming thread, for one.
#pragma once

#include <functional>

namespace rtc {

// Runs it soon, on a thread that ends by itself when it has had nothing to do for a while. Several
// may run at once. Capture weakly.
void run_in_background(std::function<void()> function);

} // namespace rtc
