#include "tests/support/fakehost.hpp"

#include "signaling/base/elementtext.hpp"

#include <algorithm>
#include <chrono>

namespace rtc::test {
namespace {

constexpr std::chrono::seconds deadline{20};

FakeHost* host_of(gpointer data) {
    return static_cast<FakeHost*>(data);
}

} // namespace

FakeHost::FakeHost(const std::string& element) {
    auto made = make_element(element);
    if (!made)
        g_error("%s: %s", element.c_str(), made.error().message.c_str());
    signaling_ = retain(GST_RTC_SIGNALING(made->get()));
    pipeline_ = sink(gst_pipeline_new(nullptr));
    gst_bin_add(GST_BIN(pipeline_.get()), GST_ELEMENT(signaling_.get()));
    gst_rtc_signaling_set_live(signaling_.get(), TRUE);
    connect();
}

FakeHost::~FakeHost() {
    stop();
}

void FakeHost::connect() {
    auto* object = signaling_.get();
    g_signal_connect(object, "session-requested",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* session, const char* peer,
                                    GstRtcOfferer offerer, int direction, char**,
                                    const GstStructure* details, gpointer self) {
                         auto* address = gst_structure_get_string(details, "address");
                         host_of(self)->add({Report::requested, session, peer, direction,
                                             address ? address : "", false,
                                             offerer == GST_RTC_OFFERER_HOST});
                     }),
                     this);
    g_signal_connect(object, "description-received",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* session, int type,
                                    const char* sdp, gpointer self) {
                         host_of(self)->add({Report::description, session, sdp, type, ""});
                     }),
                     this);
    g_signal_connect(object, "candidate-received",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* session, guint mline,
                                    const char* candidate, gpointer self) {
                         host_of(self)->add({Report::candidate, session, candidate ? candidate : "",
                                             int(mline), "", !candidate});
                     }),
                     this);
    g_signal_connect(object, "session-closed",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* session, int reason,
                                    const char* text, gpointer self) {
                         host_of(self)->add({Report::closed, session, text, reason, ""});
                     }),
                     this);
    g_signal_connect(object, "layer-selected",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* session, guint mline,
                                    const char* layer, gpointer self) {
                         host_of(self)->add(
                             {Report::layer, session, layer ? layer : "", int(mline), "", !layer});
                     }),
                     this);
}

std::string FakeHost::start() {
    auto result = gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto wanted = result == GST_STATE_CHANGE_FAILURE ? GST_MESSAGE_ERROR : GST_MESSAGE_ELEMENT;
    if (wanted == GST_MESSAGE_ERROR)
        return error_ = message(wanted);
    auto message = adopt(gst_bus_timed_pop_filtered(bus.get(), 10 * GST_SECOND, wanted));
    g_assert_nonnull(message.get());
    auto* structure = gst_message_get_structure(message.get());
    g_assert_true(gst_structure_has_name(structure, "rtc-signaling-ready"));
    auto* uris = gst_structure_get_value(structure, "uris");
    g_assert_true(uris && GST_VALUE_HOLDS_ARRAY(uris));
    urls_.clear();
    for (guint i = 0; i < gst_value_array_get_size(uris); i++)
        urls_.emplace_back(g_value_get_string(gst_value_array_get_value(uris, i)));
    g_assert_cmpstr(gst_structure_get_string(structure, "uri"), ==, urls_[0].c_str());
    return urls_[0];
}

std::string FakeHost::next_url() {
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto message =
        adopt(gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, GST_MESSAGE_ELEMENT));
    g_assert_nonnull(message.get());
    return gst_structure_get_string(gst_message_get_structure(message.get()), "uri");
}

std::string FakeHost::launch() {
    auto result = gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    return error_ = result == GST_STATE_CHANGE_FAILURE ? message(GST_MESSAGE_ERROR) : "";
}

std::string FakeHost::message(GstMessageType type) {
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto message = adopt(
        gst_bus_timed_pop_filtered(bus.get(), GstClockTime(deadline.count()) * GST_SECOND, type));
    g_assert_nonnull(message.get());
    GError* error = nullptr;
    if (type == GST_MESSAGE_ERROR)
        gst_message_parse_error(message.get(), &error, nullptr);
    else
        gst_message_parse_warning(message.get(), &error, nullptr);
    return Owned<GError>(error)->message;
}

void FakeHost::stop() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void FakeHost::on_offer(std::function<void(const std::string&)> act) {
    std::lock_guard lock(mutex_);
    on_offer_ = std::move(act);
}

void FakeHost::answer(const std::string& session, const std::string& sdp) {
    gst_rtc_signaling_send_description(signaling_.get(), session.c_str(),
                                       GST_WEBRTC_SDP_TYPE_ANSWER, sdp.c_str());
}

void FakeHost::offer(const std::string& session, const std::string& sdp) {
    gst_rtc_signaling_send_description(signaling_.get(), session.c_str(), GST_WEBRTC_SDP_TYPE_OFFER,
                                       sdp.c_str());
}

void FakeHost::end(const std::string& session, GstRtcEndReason reason, const char* text) {
    gst_rtc_signaling_end_session(signaling_.get(), session.c_str(), reason, text);
}

void FakeHost::add(Report report) {
    std::unique_lock lock(mutex_);
    auto act = report.kind == Report::description ? on_offer_ : nullptr;
    auto session = report.session;
    reports_.push_back(std::move(report));
    taken_.push_back(false);
    changed_.notify_all();
    lock.unlock();
    if (act)
        act(session);
}

Report FakeHost::wait(Report::Kind kind) {
    std::unique_lock lock(mutex_);
    size_t at = 0;
    auto there = [&] {
        for (at = 0; at < reports_.size(); at++)
            if (reports_[at].kind == kind && !taken_[at])
                return true;
        return false;
    };
    g_assert_true(changed_.wait_for(lock, deadline, there));
    taken_[at] = true;
    return reports_[at];
}

size_t FakeHost::count(Report::Kind kind) {
    std::lock_guard lock(mutex_);
    return size_t(std::count_if(reports_.begin(), reports_.end(),
                                [&](const Report& report) { return report.kind == kind; }));
}

} // namespace rtc::test
