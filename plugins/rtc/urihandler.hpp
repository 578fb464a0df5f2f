// GstURIHandler for an element whose C++ half is a HostElement: what playbin3, uridecodebin and
// gst_element_make_from_uri() ask for.
#pragma once

#include "plugins/rtc/hostelement.hpp"

namespace rtc {

// Traits: `Instance` (with a member `self`), `type` (GstURIType), `protocols` (ends in nullptr).
template <typename Traits>
void init_uri_handler(gpointer iface, gpointer) {
    using Instance = typename Traits::Instance;
    auto* handler = static_cast<GstURIHandlerInterface*>(iface);
    handler->get_type = [](GType) { return Traits::type; };
    handler->get_protocols = [](GType) -> const gchar* const* { return Traits::protocols; };
    handler->get_uri = [](GstURIHandler* element) -> gchar* {
        auto uri = reinterpret_cast<Instance*>(element)->self->uri();
        return uri.empty() ? nullptr : g_strdup(uri.c_str());
    };
    handler->set_uri = [](GstURIHandler* element, const gchar* uri, GError** error) -> gboolean {
        auto set = reinterpret_cast<Instance*>(element)->self->set_uri(uri, Traits::protocols[0]);
        if (!set)
            g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, "%s",
                        set.error().message.c_str());
        return bool(set);
    };
}

} // namespace rtc
