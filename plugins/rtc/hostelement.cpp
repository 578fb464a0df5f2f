#include "plugins/rtc/hostelement.hpp"

#include "plugins/rtc/signalingtext.hpp"
#include "plugins/rtc/uri.hpp"

namespace rtc {
namespace {

constexpr auto teardown_deadline = std::chrono::seconds(10);

} // namespace

GType ice_transport_policy_type() {
    return GST_TYPE_WEBRTC_ICE_TRANSPORT_POLICY;
}

void install_signaling_property(GObjectClass* klass, const char* default_signaling) {
    Owned<char> blurb{g_strdup_printf("The signaling element, that finds the peers: a factory name "
                                      "with properties, \"%s port=8080\" (default: %s)",
                                      default_signaling, default_signaling)};
    register_signaling_text();
    g_object_class_install_property(
        klass, prop_signaling,
        g_param_spec_object("signaling", "Signaling", blurb.get(), GST_TYPE_RTC_SIGNALING,
                            GParamFlags(G_PARAM_READWRITE | G_PARAM_STATIC_NAME |
                                        G_PARAM_STATIC_NICK | GST_PARAM_MUTABLE_READY)));
}

HostElement::HostElement(GstBin* bin, GstRtcRole role, const char* default_signaling)
    : bin_(bin)
    , role_(role)
    , default_signaling_(default_signaling) {
    sessions_ = std::make_shared<Sessions>(
        *this, GST_ELEMENT(bin), [this](const Sessions::Ended& report) { session_ended(report); });
}

HostElement::~HostElement() = default;

Ref<GstElement> HostElement::signaling() const {
    return adopt(gst_bin_get_by_name(bin_, "signaling"));
}

// gst_bin_add() takes a floating reference over, and adds one to any other.
void HostElement::set_signaling(GstElement* element) {
    if (GST_STATE(bin_) > GST_STATE_READY) {
        g_warning("%s: signaling can be set only while the element is stopped",
                  GST_OBJECT_NAME(bin_));
        return;
    }
    keep_uri("");
    if (auto old = signaling()) {
        gst_element_set_state(old.get(), GST_STATE_NULL);
        gst_bin_remove(bin_, old.get());
    }
    if (!element)
        return;
    gst_object_set_name(GST_OBJECT(element), "signaling");
    gst_bin_add(bin_, element);
}

Result<void> HostElement::set_uri(const char* uri, const char* scheme) {
    auto target = parse_uri(uri, scheme);
    if (!target)
        return target.error();
    if (GST_STATE(bin_) > GST_STATE_READY)
        return Error{"The URI can be set only while the element is stopped"};
    auto element = sink(gst_element_factory_make(target->factory.c_str(), nullptr));
    if (!element)
        return Error{"The signaling element " + target->factory + " is not installed"};
    g_object_set(element.get(), "endpoint", target->endpoint.c_str(), nullptr);
    set_signaling(element.get());
    keep_uri(uri);
    return {};
}

std::string HostElement::uri() const {
    GST_OBJECT_LOCK(bin_);
    auto uri = uri_;
    GST_OBJECT_UNLOCK(bin_);
    return uri;
}

void HostElement::keep_uri(const char* uri) {
    GST_OBJECT_LOCK(bin_);
    uri_ = uri;
    GST_OBJECT_UNLOCK(bin_);
}

bool HostElement::start() {
    if (!signaling()) {
        auto* element = gst_element_factory_make(default_signaling_, nullptr);
        if (!element) {
            GST_ELEMENT_ERROR(bin_, CORE, MISSING_PLUGIN,
                              ("The signaling element %s is not installed: set signaling= to one "
                               "that is",
                               default_signaling_),
                              (nullptr));
            return false;
        }
        set_signaling(element);
    }
    auto current = settings();
    std::vector<sdp::IceServer> servers;
    for (const auto& list : {current.stun_server, current.turn_servers}) {
        auto parsed = sdp::parse_ice_servers(list);
        if (!parsed) {
            GST_ELEMENT_ERROR(bin_, RESOURCE, SETTINGS, ("%s", parsed.error().message.c_str()),
                              (nullptr));
            return false;
        }
        servers.insert(servers.end(), parsed->begin(), parsed->end());
    }
    std::vector<std::string> uris;
    std::vector<const char*> list;
    for (const auto& server : servers)
        uris.push_back(server.to_uri());
    for (const auto& uri : uris)
        list.push_back(uri.c_str());
    list.push_back(nullptr);
    auto element = signaling();
    gst_rtc_signaling_set_host(GST_RTC_SIGNALING(element.get()), role_, list.data());
    sessions_->start(element.get(), current, servers);
    return true;
}

GstStateChangeReturn
HostElement::change_state(GstStateChange transition,
                          const std::function<GstStateChangeReturn()>& parent) {
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start())
        return GST_STATE_CHANGE_FAILURE;
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
        sessions_->stop("The pipeline stops");
    auto result = parent();
    bool started = result != GST_STATE_CHANGE_FAILURE;
    if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && started)
        sessions_->release();
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !started)
        sessions_->stop("The pipeline does not start");
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
        (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !started))
        if (!sessions_->wait_torn_down(teardown_deadline))
            GST_WARNING_OBJECT(bin_, "Sessions are still being taken down");
    return result;
}

void HostElement::end_session(const std::string& id) {
    sessions_->end_session(id, GST_RTC_END_REASON_HANGUP, "Ended here");
}

void HostElement::end_all(const std::string& text) {
    sessions_->stop(text);
}

void HostElement::set_live(bool live) {
    if (auto element = signaling())
        gst_rtc_signaling_set_live(GST_RTC_SIGNALING(element.get()), live);
}

void HostElement::session_opened(const SessionRequest& request) {
    gst_element_post_message(element(), gst_message_new_latency(GST_OBJECT(bin_)));
    auto* fields =
        gst_structure_new("rtc-session-started", "session", G_TYPE_STRING, request.id.c_str(),
                          "peer", G_TYPE_STRING, request.peer.c_str(), nullptr);
    if (!request.room.empty())
        gst_structure_set(fields, "room", G_TYPE_STRING, request.room.c_str(), nullptr);
    gst_element_post_message(element(), gst_message_new_element(GST_OBJECT(bin_), fields));
}

void HostElement::session_ended(const Sessions::Ended& report) {
    auto* reasons = static_cast<GEnumClass*>(g_type_class_ref(GST_TYPE_RTC_END_REASON));
    const auto* reason = g_enum_get_value(reasons, report.reason);
    gst_element_post_message(
        element(),
        gst_message_new_element(GST_OBJECT(bin_),
                                gst_structure_new("rtc-session-ended", "session", G_TYPE_STRING,
                                                  report.id.c_str(), "peer", G_TYPE_STRING,
                                                  report.peer.c_str(), "reason", G_TYPE_STRING,
                                                  reason->value_nick, "text", G_TYPE_STRING,
                                                  report.text.c_str(), nullptr)));
    g_type_class_unref(reasons);
}

} // namespace rtc
