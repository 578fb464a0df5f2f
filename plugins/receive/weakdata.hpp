// The user data of a pad function: a weak pointer, so that a pad still in use somewhere neither
// keeps its owner alive nor calls it when it is gone.
#pragma once

#include <glib.h>

#include <memory>

namespace rtc {

template <typename T>
gpointer weak_data(const std::shared_ptr<T>& object) {
    return new std::weak_ptr<T>(object);
}

template <typename T>
void free_weak_data(gpointer data) {
    delete static_cast<std::weak_ptr<T>*>(data);
}

template <typename T>
std::shared_ptr<T> from_weak_data(gpointer data) {
    return static_cast<std::weak_ptr<T>*>(data)->lock();
}

} // namespace rtc
