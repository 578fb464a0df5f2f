// Event sources of GLib as calls on a loop.
#pragma once

#include "signaling/base/loop.hpp"

namespace rtc::http {

// Calls at each of the source's events, for as long as the result is kept. `function` takes what
// the source gives, and calls the std::function<void()> that its last argument points at.
[[nodiscard]] inline Timer attach(Ref<GSource> source, GMainContext* context, GSourceFunc function,
                                  std::function<void()> call) {
    g_source_set_callback(source.get(), function, new std::function<void()>(std::move(call)),
                          [](gpointer data) { delete static_cast<std::function<void()>*>(data); });
    g_source_attach(source.get(), context);
    return Timer(std::move(source));
}

} // namespace rtc::http
