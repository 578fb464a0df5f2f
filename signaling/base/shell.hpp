// The C++ half of a signaling element of ours, from its init to its finalize: the settings, and
// what runs while it is started.
#pragma once

#include "signaling/base/element.hpp"

#include <memory>
#include <utility>

namespace rtc {

// Guarded by the element's object lock.
template <typename Settings, typename Running>
class Shell {
public:
    explicit Shell(gpointer element)
        : element_(GST_OBJECT(element)) {}

    Settings settings() const {
        Lock lock(element_);
        return settings_;
    }
    void set(std::span<const Property<Settings>> table, guint id, const GValue* value) {
        Lock lock(element_);
        set_property(table, settings_, id, value);
    }
    void get(std::span<const Property<Settings>> table, guint id, GValue* value) const {
        Lock lock(element_);
        get_property(table, settings_, id, value);
    }

    std::shared_ptr<Running> running() const { // nullptr while it is stopped
        Lock lock(element_);
        return running_;
    }
    void run(std::shared_ptr<Running> running) { exchange(std::move(running)); }
    void stop() {
        if (auto last = exchange(nullptr))
            last->stop();
    }

private:
    class Lock {
    public:
        explicit Lock(GstObject* object)
            : object_(object) {
            GST_OBJECT_LOCK(object_);
        }
        ~Lock() { GST_OBJECT_UNLOCK(object_); }
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

    private:
        GstObject* object_;
    };
    std::shared_ptr<Running> exchange(std::shared_ptr<Running> other) {
        Lock lock(element_);
        std::swap(running_, other);
        return other;
    }

    GstObject* const element_;
    Settings settings_;
    std::shared_ptr<Running> running_;
};

} // namespace rtc
