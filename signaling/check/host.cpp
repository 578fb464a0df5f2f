#include "signaling/check/host.hpp"

#include "signaling/base/elementtext.hpp"

namespace rtc::check {
namespace {

// "At once": a busy machine may need a while for nothing.
constexpr gint64 at_once = 2 * G_USEC_PER_SEC;

Host* host_of(gpointer data) {
    return static_cast<Host*>(data);
}

} // namespace

Result<std::unique_ptr<Host>> Host::make(const std::string& line, GstRtcRole role) {
    auto element = make_element(line);
    if (!element)
        return element.error();
    if (!GST_IS_RTC_SIGNALING(element->get()))
        return Error{"it is no GstRtcSignaling"};
    std::unique_ptr<Host> host(new Host);
    host->signaling_ = retain(GST_RTC_SIGNALING(element->get()));
    host->pipeline_ = sink(gst_pipeline_new(nullptr));
    gst_bin_add(GST_BIN(host->pipeline_.get()), element->get());
    gst_rtc_signaling_set_host(host->signaling_.get(), role, nullptr);
    host->connect();
    return host;
}

Result<std::unique_ptr<Host>> Host::started(const std::string& line, GstRtcRole role) {
    auto host = make(line, role);
    if (!host)
        return Error{line + ": " + host.error().message};
    if (auto result = (*host)->start(); !result)
        return Error{line + ": " + result.error().message};
    return host;
}

Host::~Host() {
    if (pipeline_)
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void Host::connect() {
    auto* object = signaling_.get();
    g_signal_connect(
        object, "session-requested",
        G_CALLBACK(+[](GstRtcSignaling*, const char* session, const char* peer,
                       GstRtcOfferer offerer, int, char**, GstStructure*, gpointer self) {
            host_of(self)->add({Report::requested, session, peer, offerer});
        }),
        this);
    g_signal_connect(object, "description-received",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* session, int type,
                                    const char* sdp, gpointer self) {
                         host_of(self)->add({Report::description, session, sdp, type});
                     }),
                     this);
    g_signal_connect(
        object, "candidate-received",
        G_CALLBACK(+[](GstRtcSignaling*, const char* session, guint mline, const char* text,
                       gpointer self) {
            host_of(self)->add({Report::candidate, session, text ? text : "", int(mline), !text});
        }),
        this);
    g_signal_connect(object, "session-closed",
                     G_CALLBACK(+[](GstRtcSignaling*, const char* session, int reason,
                                    const char* text, gpointer self) {
                         host_of(self)->add({Report::closed, session, text, reason});
                     }),
                     this);
}

// Reports of one session come one at a time: two under way at once have no order.
void Host::add(Report report) {
    std::unique_lock lock(mutex_);
    const auto id = report.session;
    auto fault = [&](const char* text) { faults_.push_back("session " + id + ": " + text); };
    if (running_[id]++)
        fault("two reports at the same time, from different threads: they have no order");
    auto known = sessions_.find(id);
    if (report.kind == Report::requested) {
        if (known != sessions_.end())
            fault("requested twice: an id is for one session, for ever");
        sessions_[id];
    } else if (known == sessions_.end()) {
        fault("reported before it was requested");
    } else if (known->second.closed) {
        fault(report.kind == Report::closed ? "closed twice" : "reported on after close_session()");
    } else if (report.kind == Report::closed) {
        known->second.closed = true;
    }
    reports_.push_back(std::move(report));
    changed_.notify_all();
    lock.unlock();
    g_thread_yield(); // a second report of the session would overlap here
    lock.lock();
    running_[id]--;
}

std::string Host::error_message() {
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    if (!message)
        return "";
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    return Owned<GError>(error)->message;
}

Result<void> Host::start() {
    auto result = gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    if (result == GST_STATE_CHANGE_ASYNC)
        result = gst_element_get_state(pipeline_.get(), nullptr, nullptr,
                                       GstClockTime(patience.count()) * GST_SECOND);
    if (result == GST_STATE_CHANGE_ASYNC)
        return Error{"it is not in PLAYING after 20 s"};
    if (result != GST_STATE_CHANGE_FAILURE)
        return {};
    auto words = error_message();
    if (words.empty()) {
        std::lock_guard lock(mutex_);
        faults_.push_back("it failed to start without an error message: nobody learns what to do");
    }
    return Error{words.empty() ? "it does not start" : words};
}

Result<void> Host::stop() {
    auto began = g_get_monotonic_time();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    if (g_get_monotonic_time() - began > 10 * G_USEC_PER_SEC)
        return Error{"stopping took more than 10 s"};
    return {};
}

std::string Host::uri() {
    auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    while (auto message = adopt(gst_bus_timed_pop_filtered(
               bus.get(), GstClockTime(patience.count()) * GST_SECOND, GST_MESSAGE_ELEMENT))) {
        auto* structure = gst_message_get_structure(message.get());
        if (gst_structure_has_name(structure, "rtc-signaling-ready"))
            return gst_structure_get_string(structure, "uri");
    }
    return "";
}

void Host::call(const char* name, const std::function<void()>& function) {
    auto began = g_get_monotonic_time();
    function();
    if (g_get_monotonic_time() - began < at_once)
        return;
    std::lock_guard lock(mutex_);
    faults_.push_back(std::string(name) + " did not return at once: it holds up every session");
}

void Host::set_live(bool live) {
    call("host_changed", [&] { gst_rtc_signaling_set_live(signaling(), live); });
}

void Host::describe(const std::string& session, GstWebRTCSDPType type, const std::string& sdp) {
    call("send_description", [&] {
        gst_rtc_signaling_send_description(signaling(), session.c_str(), type, sdp.c_str());
    });
}

void Host::candidate(const std::string& session, guint mline, const char* text) {
    call("send_candidate",
         [&] { gst_rtc_signaling_send_candidate(signaling(), session.c_str(), mline, text); });
}

void Host::end(const std::string& session, GstRtcEndReason reason) {
    call("end_session",
         [&] { gst_rtc_signaling_end_session(signaling(), session.c_str(), reason, "checked"); });
}

std::optional<Report> Host::take(const std::function<bool(const Report&)>& satisfies,
                                 std::chrono::milliseconds deadline) {
    std::unique_lock lock(mutex_);
    auto found = reports_.end();
    bool there = changed_.wait_for(lock, deadline, [&] {
        found = std::find_if(reports_.begin(), reports_.end(), satisfies);
        return found != reports_.end();
    });
    if (!there)
        return std::nullopt;
    auto report = *found;
    reports_.erase(found);
    return report;
}

std::optional<Report> Host::take(Report::Kind kind, const std::string& session) {
    return take([&](const Report& report) {
        return report.kind == kind && (session.empty() || report.session == session);
    });
}

size_t Host::count(Report::Kind kind, const std::string& session) {
    std::lock_guard lock(mutex_);
    return size_t(std::count_if(reports_.begin(), reports_.end(), [&](const Report& report) {
        return report.kind == kind && report.session == session;
    }));
}

std::vector<std::string> Host::faults() {
    std::lock_guard lock(mutex_);
    return std::exchange(faults_, {});
}

GstRtcRole other_role(GstRtcRole role) {
    return role == GST_RTC_ROLE_PRODUCER ? GST_RTC_ROLE_CONSUMER : GST_RTC_ROLE_PRODUCER;
}

Result<std::string> with_uri_of(Host& host, std::string line) {
    auto place = line.find(uri_of_other);
    if (place == line.npos)
        return line;
    auto uri = host.uri();
    if (uri.empty())
        return Error{"it announced no URI (gst_rtc_signaling_announce) in 20 s"};
    return line.replace(place, strlen(uri_of_other), uri);
}

} // namespace rtc::check
