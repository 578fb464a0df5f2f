// Two pointers: Ref<T> counts, Owned<T> is unique. Nothing else in the tree unrefs.
//
//   auto caps = adopt(gst_caps_new_any());        // takes the reference it is given (transfer full)
//   auto element = retain(GST_ELEMENT(object));   // adds one (transfer none)
//   Owned<char> text{g_strdup("x")};
#pragma once

#include <gst/gst.h>

#include <memory>
#include <utility>

namespace rtc {

// How a counted type is held. GObjects are the default; the others are listed below.
template <typename T>
struct RefTraits {
    static void ref(T* object) { g_object_ref(object); }
    static void unref(T* object) { g_object_unref(object); }
};

#define RTC_REF_TRAITS(Type, ref_function, unref_function)                                         \
    template <>                                                                                    \
    struct RefTraits<Type> {                                                                       \
        static void ref(Type* object) { ref_function(object); }                                    \
        static void unref(Type* object) { unref_function(object); }                                \
    }

RTC_REF_TRAITS(GstCaps, gst_caps_ref, gst_caps_unref);
RTC_REF_TRAITS(GstBuffer, gst_buffer_ref, gst_buffer_unref);
RTC_REF_TRAITS(GstBufferList, gst_buffer_list_ref, gst_buffer_list_unref);
RTC_REF_TRAITS(GstEvent, gst_event_ref, gst_event_unref);
RTC_REF_TRAITS(GstMessage, gst_message_ref, gst_message_unref);
RTC_REF_TRAITS(GstQuery, gst_query_ref, gst_query_unref);
RTC_REF_TRAITS(GstSample, gst_sample_ref, gst_sample_unref);
RTC_REF_TRAITS(GstTagList, gst_tag_list_ref, gst_tag_list_unref);
RTC_REF_TRAITS(GstPromise, gst_promise_ref, gst_promise_unref);
RTC_REF_TRAITS(GMainContext, g_main_context_ref, g_main_context_unref);
RTC_REF_TRAITS(GMainLoop, g_main_loop_ref, g_main_loop_unref);
RTC_REF_TRAITS(GSource, g_source_ref, g_source_unref);
RTC_REF_TRAITS(GBytes, g_bytes_ref, g_bytes_unref);
RTC_REF_TRAITS(GHashTable, g_hash_table_ref, g_hash_table_unref);
RTC_REF_TRAITS(GDateTime, g_date_time_ref, g_date_time_unref);
RTC_REF_TRAITS(GUri, g_uri_ref, g_uri_unref);

template <typename T>
class Ref {
public:
    Ref() = default;
    Ref(std::nullptr_t) {}
    Ref(const Ref& other) : object_(other.object_) {
        if (object_)
            RefTraits<T>::ref(object_);
    }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    ~Ref() { reset(); }
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }

    static Ref adopt(T* object) {
        Ref result;
        result.object_ = object;
        return result;
    }
    static Ref retain(T* object) {
        if (object)
            RefTraits<T>::ref(object);
        return adopt(object);
    }

    T* get() const { return object_; }
    T* operator->() const { return object_; }
    explicit operator bool() const { return object_ != nullptr; }
    // Gives the reference away, to a function that takes it (transfer full).
    [[nodiscard]] T* release() { return std::exchange(object_, nullptr); }
    void reset() {
        if (auto* object = std::exchange(object_, nullptr))
            RefTraits<T>::unref(object);
    }
    // For out-parameters that hand over a reference.
    T** out() {
        reset();
        return &object_;
    }

private:
    T* object_ = nullptr;
};

// Takes over a reference (transfer full).
template <typename T>
[[nodiscard]] Ref<T> adopt(T* object) {
    return Ref<T>::adopt(object);
}
// Adds a reference (transfer none).
template <typename T>
[[nodiscard]] Ref<T> retain(T* object) {
    return Ref<T>::retain(object);
}
// Takes a newly made GstObject, whose reference floats.
template <typename T>
[[nodiscard]] Ref<T> sink(T* object) {
    if (object)
        gst_object_ref_sink(object);
    return Ref<T>::adopt(object);
}

template <typename T>
struct OwnedTraits;

#define RTC_OWNED_TRAITS(Type, free_function)                                                      \
    template <>                                                                                    \
    struct OwnedTraits<Type> {                                                                     \
        void operator()(Type* object) const { free_function(object); }                             \
    }

RTC_OWNED_TRAITS(char, g_free);
RTC_OWNED_TRAITS(GstStructure, gst_structure_free);
RTC_OWNED_TRAITS(GError, g_error_free);
RTC_OWNED_TRAITS(GKeyFile, g_key_file_unref);
RTC_OWNED_TRAITS(GChecksum, g_checksum_free);
RTC_OWNED_TRAITS(GstIterator, gst_iterator_free);

template <typename T>
using Owned = std::unique_ptr<T, OwnedTraits<T>>;

} // namespace rtc
