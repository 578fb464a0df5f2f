#include "signaling/base/loop.hpp"

#include <pthread.h>

#include <future>
#include <string>

namespace rtc {
namespace {

using Function = std::function<void()>;

void attach(GSource* source, GMainContext* context, Function function, bool repeat) {
    struct Call {
        Function function;
        bool repeat;
    };
    g_source_set_callback(
        source,
        [](gpointer data) -> gboolean {
            auto* call = static_cast<Call*>(data);
            call->function();
            return call->repeat ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
        },
        new Call{std::move(function), repeat},
        [](gpointer data) { delete static_cast<Call*>(data); });
    g_source_attach(source, context);
}

} // namespace

Loop::Loop(const char* thread_name)
    : context_(adopt(g_main_context_new()))
    , loop_(adopt(g_main_loop_new(context_.get(), FALSE))) {
    std::promise<void> started;
    auto running = started.get_future();
    // The thread holds what it runs: a Loop may be destroyed by a call that it runs itself.
    auto run = [context = context_, loop = loop_, &started](std::string name) {
        pthread_setname_np(pthread_self(), name.c_str());
        g_main_context_push_thread_default(context.get());
        started.set_value();
        g_main_loop_run(loop.get());
        g_main_context_pop_thread_default(context.get());
    };
    thread_ = std::thread(run, std::string(thread_name).substr(0, 15)); // the kernel's limit
    running.wait();
}

Loop::~Loop() {
    // Queued like any other call, so what was posted before still runs.
    post([loop = loop_] { g_main_loop_quit(loop.get()); });
    if (is_current())
        thread_.detach();
    else
        thread_.join();
}

void Loop::post(Function function) {
    auto source = adopt(g_idle_source_new());
    g_source_set_priority(source.get(), G_PRIORITY_DEFAULT);
    attach(source.get(), context_.get(), std::move(function), false);
}

void Loop::call(const Function& function) {
    if (is_current())
        return function();
    std::promise<void> done;
    post([&] {
        function();
        done.set_value();
    });
    done.get_future().wait();
}

Timer Loop::after(std::chrono::milliseconds delay, Function function) {
    auto source = adopt(g_timeout_source_new(guint(delay.count())));
    attach(source.get(), context_.get(), std::move(function), false);
    return Timer(std::move(source));
}

Timer Loop::every(std::chrono::milliseconds interval, Function function) {
    auto source = adopt(g_timeout_source_new(guint(interval.count())));
    attach(source.get(), context_.get(), std::move(function), true);
    return Timer(std::move(source));
}

} // namespace rtc
