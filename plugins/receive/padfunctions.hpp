// The functions of a pad as methods of an object that owns the pad. The pad holds the object
// weakly: one that is still in use somewhere neither keeps its owner alive nor calls it when it is
// gone. Then data and events vanish, and queries go unanswered.
#pragma once

#include "signaling/base/refs.hpp"

#include <memory>

namespace rtc {

template <typename T>
struct WeakOwner {
    static gpointer make(const std::shared_ptr<T>& owner) { return new std::weak_ptr<T>(owner); }
    static void free(gpointer data) { delete static_cast<std::weak_ptr<T>*>(data); }
    static std::shared_ptr<T> get(gpointer data) {
        return static_cast<std::weak_ptr<T>*>(data)->lock();
    }
};

// Method: GstFlowReturn T::*(Ref<GstBuffer>).
template <auto Method, typename T>
void set_chain_function(GstPad* pad, const std::shared_ptr<T>& owner) {
    auto function = [](GstPad* self, GstObject*, GstBuffer* buffer) -> GstFlowReturn {
        auto owned = adopt(buffer);
        auto object = WeakOwner<T>::get(self->chaindata);
        return object ? (object.get()->*Method)(std::move(owned)) : GST_FLOW_OK;
    };
    gst_pad_set_chain_function_full(pad, function, WeakOwner<T>::make(owner), WeakOwner<T>::free);
}

// Method: GstFlowReturn T::*(Ref<GstBufferList>).
template <auto Method, typename T>
void set_chain_list_function(GstPad* pad, const std::shared_ptr<T>& owner) {
    auto function = [](GstPad* self, GstObject*, GstBufferList* list) -> GstFlowReturn {
        auto owned = adopt(list);
        auto object = WeakOwner<T>::get(self->chainlistdata);
        return object ? (object.get()->*Method)(std::move(owned)) : GST_FLOW_OK;
    };
    gst_pad_set_chain_list_function_full(pad, function, WeakOwner<T>::make(owner),
                                         WeakOwner<T>::free);
}

// Method: bool T::*(Ref<GstEvent>).
template <auto Method, typename T>
void set_event_function(GstPad* pad, const std::shared_ptr<T>& owner) {
    auto function = [](GstPad* self, GstObject*, GstEvent* event) -> gboolean {
        auto owned = adopt(event);
        auto object = WeakOwner<T>::get(self->eventdata);
        return !object || (object.get()->*Method)(std::move(owned));
    };
    gst_pad_set_event_function_full(pad, function, WeakOwner<T>::make(owner), WeakOwner<T>::free);
}

// Method: bool T::*(GstQuery*).
template <auto Method, typename T>
void set_query_function(GstPad* pad, const std::shared_ptr<T>& owner) {
    auto function = [](GstPad* self, GstObject*, GstQuery* query) -> gboolean {
        auto object = WeakOwner<T>::get(self->querydata);
        return object && (object.get()->*Method)(query);
    };
    gst_pad_set_query_function_full(pad, function, WeakOwner<T>::make(owner), WeakOwner<T>::free);
}

} // namespace rtc
