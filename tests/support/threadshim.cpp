// Tells ThreadSanitizer what GLib promises. GLib is not instrumented and locks by futex, so the
// way of a callback from the thread that attaches a source to the thread that dispatches it looks
// unordered. This takes the place of g_source_set_callback() in programs built with
// b_sanitize=thread.
#include <dlfcn.h>
#include <glib.h>

extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);

namespace {

struct Call {
    GSourceFunc function;
    gpointer data;
    GDestroyNotify notify;
};

gboolean dispatch(gpointer data) {
    auto* call = static_cast<Call*>(data);
    __tsan_acquire(call);
    return call->function(call->data);
}

void destroy(gpointer data) {
    auto* call = static_cast<Call*>(data);
    __tsan_acquire(call);
    if (call->notify)
        call->notify(call->data);
    delete call;
}

} // namespace

extern "C" __attribute__((visibility("default"))) void
g_source_set_callback(GSource* source, GSourceFunc function, gpointer data, GDestroyNotify notify) {
    static auto* real = reinterpret_cast<decltype(&g_source_set_callback)>(
        dlsym(RTLD_NEXT, "g_source_set_callback"));
    auto* call = new Call{function, data, notify};
    __tsan_release(call);
    real(source, dispatch, call, destroy);
}
