#include "plugins/publish/background.hpp"

#include <glib.h>

#include <memory>

namespace rtc {

void run_in_background(std::function<void()> function) {
    using Function = std::function<void()>;
    auto run = [](gpointer data, gpointer) {
        (*std::unique_ptr<Function>(static_cast<Function*>(data)))();
    };
    // For the life of the process.
    static auto* pool = g_thread_pool_new(run, nullptr, -1, FALSE, nullptr);
    g_thread_pool_push(pool, new Function(std::move(function)), nullptr);
}

} // namespace rtc
