/**
 * SECTION:element-manualsignaling
 * @title: manualsignaling
 * @short_description: a session whose descriptions people carry
 *
 * Writes an offer or an answer to a file, a FIFO or standard output, and reads the peer's from
 * another one: no server is needed, only two people, a shared folder or an ssh connection.
 *
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! rtcsink signaling=manualsignaling
 * ]|
 *
 * prints an offer as a line of base64; the page `/manual` makes the answer, to be pasted back.
 */
#include "signaling/manual/manualsignaling.hpp"

#include "signaling/base/random.hpp"
#include "signaling/base/shell.hpp"
#include "signaling/manual/channel.hpp"
#include "signaling/manual/manual.hpp"

#include <mutex>

using namespace rtc;
using namespace rtc::manual;

namespace {

GType form_type() {
    static gsize type = 0;
    if (g_once_init_enter(&type)) {
        static const GEnumValue values[] = {
            {int(Form::line), "One line of base64", "line"},
            {int(Form::json), "One line of JSON, as browsers write it", "json"},
            {int(Form::sdp), "Plain SDP", "sdp"},
            {0, nullptr, nullptr}};
        g_once_init_leave(&type, g_enum_register_static("GstRtcManualForm", values));
    }
    return type;
}

struct Settings {
    int offerer = GST_RTC_OFFERER_HOST;
    std::string write = "-";
    std::string read = "-";
    int form = int(Form::line);
    std::string peer;
    guint patience = 600000;
};

const Property<Settings> properties[] = {
    {"offerer", "Who makes the offer: this end (host) or the peer",
     EnumMember<Settings>{&Settings::offerer, gst_rtc_offerer_get_type}},
    {"write", "File or FIFO that our description is written to; - = standard output",
     &Settings::write},
    {"read",
     "File or FIFO that the peer's description is read from, in any form; - = standard input",
     &Settings::read},
    {"form", "How our description is written", EnumMember<Settings>{&Settings::form, form_type}},
    {"peer", "The peer's name, for people and file names", &Settings::peer},
    {"patience", "How long people may take to carry a description, ms; 0 = for ever",
     &Settings::patience},
};

// The loop, and what is on it.
class Service : public std::enable_shared_from_this<Service> {
public:
    Service(const Settings& settings, GstRtcSignaling* element)
        : settings_(settings)
        , element_(element)
        , manual_(GstRtcOfferer(settings.offerer), Form(settings.form),
                  [] { return random_hex(6); }) {}

    Result<void> start();
    void stop();
    // Any thread.
    void post(std::function<Commands(Manual&)> function);

private:
    void run(const Commands& commands);
    void run(const command::StartSession& start);
    void run(const command::Describe& describe);
    void run(const command::CloseSession& close);
    void run(const command::Write& write);
    void run(const command::Warn& warn);

    const Settings settings_;
    GstRtcSignaling* const element_;
    std::mutex mutex_;
    std::shared_ptr<Loop> loop_; // guarded by the mutex
    Manual manual_;              // on the loop, as the rest
    std::unique_ptr<Input> input_;
    std::unique_ptr<Output> output_;
};

Result<void> Service::start() {
    auto loop = std::make_shared<Loop>("rtc-manual");
    Result<void> started;
    loop->call([&] {
        auto text = [weak = weak_from_this()](const std::string& content) {
            if (auto self = weak.lock())
                self->run(self->manual_.read(content));
        };
        bool fresh = settings_.offerer == GST_RTC_OFFERER_HOST; // an answer was to another offer
        auto input = Input::open(*loop, settings_.read, fresh, text);
        if (!input) {
            started = input.error();
            return;
        }
        input_ = std::move(*input);
        output_ = std::make_unique<Output>(*loop, settings_.write);
    });
    if (started)
        loop_ = std::move(loop);
    return started;
}

void Service::stop() {
    std::unique_lock lock(mutex_);
    auto loop = std::move(loop_);
    lock.unlock();
    if (loop)
        loop->call([this] {
            run(manual_.stop());
            input_.reset();
            output_.reset();
        });
}

void Service::post(std::function<Commands(Manual&)> function) {
    std::lock_guard lock(mutex_);
    if (loop_)
        loop_->post([weak = weak_from_this(), function = std::move(function)] {
            if (auto self = weak.lock(); self && self->output_)
                self->run(function(self->manual_));
        });
}

void Service::run(const Commands& commands) {
    for (const auto& one : commands)
        std::visit([this](const auto& c) { run(c); }, one);
}

void Service::run(const command::StartSession& start) {
    auto role = gst_rtc_signaling_get_role(element_);
    auto direction = role == GST_RTC_ROLE_PRODUCER ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY
                     : role == GST_RTC_ROLE_CONSUMER
                         ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY
                         : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV;
    Owned<GstStructure> details{
        gst_structure_new("peer", "patience", G_TYPE_UINT, settings_.patience, nullptr)};
    gst_rtc_signaling_request_session(element_, start.session.c_str(), settings_.peer.c_str(),
                                      start.offerer, direction, nullptr, details.get());
}

void Service::run(const command::Describe& describe) {
    gst_rtc_signaling_receive_description(element_, describe.session.c_str(),
                                          describe.description.type,
                                          describe.description.sdp.c_str());
}

void Service::run(const command::CloseSession& close) {
    gst_rtc_signaling_close_session(element_, close.session.c_str(), close.reason,
                                    close.text.c_str());
}

void Service::run(const command::Write& write) {
    output_->write(write.text, [weak = weak_from_this()](const std::string& text) {
        if (auto self = weak.lock())
            self->run(command::Warn{"The description can't be written: " + text});
    });
}

void Service::run(const command::Warn& warn) {
    GST_ELEMENT_WARNING(element_, RESOURCE, READ, ("%s", warn.text.c_str()), (nullptr));
}

using ManualShell = Shell<Settings, Service>; // from init to finalize

} // namespace

struct GstRtcManualSignaling {
    GstRtcSignaling parent;
    ManualShell* shell;
};
struct GstRtcManualSignalingClass {
    GstRtcSignalingClass parent_class;
};

GType gst_rtc_manual_signaling_get_type(void);
G_DEFINE_TYPE(GstRtcManualSignaling, gst_rtc_manual_signaling, GST_TYPE_RTC_SIGNALING)
GST_ELEMENT_REGISTER_DEFINE(manualsignaling, "manualsignaling", GST_RANK_NONE,
                            gst_rtc_manual_signaling_get_type())

static ManualShell& shell_of(gpointer self) {
    return *static_cast<GstRtcManualSignaling*>(self)->shell;
}

static void post(gpointer self, std::function<Commands(Manual&)> function) {
    if (auto service = shell_of(self).running())
        service->post(std::move(function));
}

static void gst_rtc_manual_signaling_host_changed(GstRtcSignaling* self) {
    bool live = gst_rtc_signaling_get_live(self);
    post(self, [live](Manual& manual) { return manual.set_live(live); });
}

static gboolean gst_rtc_manual_signaling_start(GstRtcSignaling* self) {
    auto service = std::make_shared<Service>(shell_of(self).settings(), self);
    if (auto started = service->start(); !started) {
        GST_ELEMENT_ERROR(self, RESOURCE, OPEN_READ_WRITE, ("%s", started.error().message.c_str()),
                          (nullptr));
        return FALSE;
    }
    shell_of(self).run(std::move(service));
    gst_rtc_manual_signaling_host_changed(self);
    return TRUE;
}

static void gst_rtc_manual_signaling_stop(GstRtcSignaling* self) {
    shell_of(self).stop();
}

static void gst_rtc_manual_signaling_send_description(GstRtcSignaling* self,
                                                      const gchar* session_id,
                                                      GstWebRTCSDPType type, const gchar* sdp) {
    post(self, [session = std::string(session_id), description = Description{type, sdp}](
                   Manual& manual) { return manual.describe(session, description); });
}

static void gst_rtc_manual_signaling_end_session(GstRtcSignaling* self, const gchar* session_id,
                                                 GstRtcEndReason reason, const gchar* text) {
    post(self, [session = std::string(session_id), reason, words = std::string(text)](
                   Manual& manual) { return manual.end(session, reason, words); });
}

static void gst_rtc_manual_signaling_set_property(GObject* object, guint id, const GValue* value,
                                                  GParamSpec*) {
    shell_of(object).set(properties, id, value);
}

static void gst_rtc_manual_signaling_get_property(GObject* object, guint id, GValue* value,
                                                  GParamSpec*) {
    shell_of(object).get(properties, id, value);
}

static void gst_rtc_manual_signaling_finalize(GObject* object) {
    delete &shell_of(object);
    G_OBJECT_CLASS(gst_rtc_manual_signaling_parent_class)->finalize(object);
}

static void gst_rtc_manual_signaling_init(GstRtcManualSignaling* self) {
    self->shell = new ManualShell(self);
}

static void gst_rtc_manual_signaling_class_init(GstRtcManualSignalingClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = gst_rtc_manual_signaling_set_property;
    object_class->get_property = gst_rtc_manual_signaling_get_property;
    object_class->finalize = gst_rtc_manual_signaling_finalize;
    auto* signaling_class = GST_RTC_SIGNALING_CLASS(klass);
    signaling_class->start = gst_rtc_manual_signaling_start;
    signaling_class->stop = gst_rtc_manual_signaling_stop;
    signaling_class->host_changed = gst_rtc_manual_signaling_host_changed;
    signaling_class->send_description = gst_rtc_manual_signaling_send_description;
    signaling_class->end_session = gst_rtc_manual_signaling_end_session;
    rtc::install_properties<Settings>(object_class, properties);
    gst_type_mark_as_plugin_api(form_type(), GstPluginAPIFlags(0));
    gst_element_class_set_static_metadata(
        GST_ELEMENT_CLASS(klass), "Manual signaling", "Signaling/Network/WebRTC",
        "People carry the descriptions: by file, FIFO, or copy and paste", "The gst-rtc project");
}
