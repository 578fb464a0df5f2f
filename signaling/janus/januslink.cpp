#include "signaling/janus/januslink.hpp"

#include "signaling/base/random.hpp"

GST_DEBUG_CATEGORY_STATIC(rtc_janus_debug);
#define GST_CAT_DEFAULT rtc_janus_debug

namespace rtc::janus {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds goodbye{2};

Time now() {
    return std::chrono::steady_clock::now();
}

Config config_of(const Settings& settings, GstRtcRole role) {
    Config config;
    config.task = role == GST_RTC_ROLE_PRODUCER ? Task::publish
                  : settings.mountpoint         ? Task::watch
                                                : Task::subscribe;
    config.room = settings.room;
    config.feed = settings.feed;
    config.mountpoint = settings.mountpoint;
    config.display = settings.display;
    config.pin = settings.pin;
    config.token = settings.token;
    config.api_secret = settings.api_secret;
    config.longest_pause = milliseconds(settings.longest_pause);
    return config;
}

} // namespace

JanusLink::JanusLink(const Settings& settings, GstRtcSignaling* element)
    : element_(element)
    , uri_(settings.uri)
    , janus_(
          config_of(settings, gst_rtc_signaling_get_role(element)),
          [] { return g_random_double(); }, [] { return random_hex(6); }) {}

JanusLink::~JanusLink() {
    stop();
}

Result<std::shared_ptr<JanusLink>> JanusLink::start(const Settings& settings,
                                                    GstRtcSignaling* element) {
    GST_DEBUG_CATEGORY_INIT(rtc_janus_debug, "rtcjanus", 0, "Clients of Janus");
    http::WebSocketClient::Options options;
    options.url = settings.uri;
    options.tls_ca_file = settings.tls_ca_file;
    options.insecure = settings.insecure;
    options.protocols = {"janus-protocol"};
    std::shared_ptr<JanusLink> link(new JanusLink(settings, element));
    auto loop = std::make_shared<Loop>("rtc-janus");
    Result<void> result;
    // What libsoup makes belongs to the thread that makes it.
    loop->call([&] {
        auto client = http::WebSocketClient::create(*loop, std::move(options));
        if (client)
            link->client_ = std::move(*client);
        else
            result = client.error();
    });
    if (!result)
        return result.error();
    link->current_ = loop.get();
    link->loop_ = std::move(loop);
    link->post([](Janus& janus) { return janus.start(); });
    return link;
}

void JanusLink::stop() {
    std::unique_lock lock(mutex_);
    auto loop = std::move(loop_);
    if (!loop)
        return;
    loop->post([this] { run(janus_.stop()); }); // waited for below
    changed_.wait_for(lock, goodbye, [this] { return stopped_; });
    lock.unlock();
    loop->call([this] {
        timer_.cancel();
        client_.reset();
        socket_.reset();
    });
}

void JanusLink::post(std::function<Commands(Janus&)> function) {
    std::lock_guard lock(mutex_);
    if (loop_)
        loop_->post([weak = weak_from_this(), function = std::move(function)] {
            if (auto self = weak.lock())
                self->run(function(self->janus_));
        });
}

void JanusLink::run(const Commands& commands) {
    for (const auto& one : commands)
        std::visit([this](const auto& c) { run(c); }, one);
    schedule();
    if (!janus_.stopped())
        return;
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
}

void JanusLink::run(const command::Connect&) {
    GST_DEBUG_OBJECT(element_, "connecting to %s", uri_.c_str());
    socket_.reset();
    if (client_)
        client_->open([this](auto outcome) { opened(std::move(outcome)); });
}

void JanusLink::opened(http::WebSocketClient::Outcome outcome) {
    if (auto* failure = std::get_if<http::WebSocketClient::Failure>(&outcome)) {
        auto text = "Janus at " + uri_ + " can't be reached: " + failure->text;
        return run(failure->refused ? janus_.refused(text) : janus_.lost(text, now()));
    }
    socket_ = std::move(std::get<0>(outcome));
    socket_->on_text([this](std::string_view text) { run(janus_.received(text, now())); });
    socket_->on_closed([this] {
        socket_.reset();
        run(janus_.lost("The connection to Janus at " + uri_ + " is lost", now()));
    });
    run(janus_.connected(now()));
}

void JanusLink::run(const command::Send& send) {
    if (socket_)
        socket_->send(send.json);
}

void JanusLink::run(const command::StartSession& start) {
    GST_INFO_OBJECT(element_, "session %s with %s", start.session.c_str(), start.peer.c_str());
    auto direction = gst_rtc_signaling_get_role(element_) == GST_RTC_ROLE_PRODUCER
                         ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY
                         : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY;
    Owned<GstStructure> details{
        gst_structure_new("peer", "server", G_TYPE_STRING, uri_.c_str(), nullptr)};
    gst_rtc_signaling_request_session(element_, start.session.c_str(), start.peer.c_str(),
                                      start.offerer, direction, nullptr, details.get());
}

void JanusLink::run(const command::Describe& describe) {
    gst_rtc_signaling_receive_description(element_, describe.session.c_str(), describe.type,
                                          describe.sdp.c_str());
}

void JanusLink::run(const command::GiveCandidate& given) {
    gst_rtc_signaling_receive_candidate(element_, given.session.c_str(), given.mline,
                                        given.candidate ? given.candidate->c_str() : nullptr);
}

void JanusLink::run(const command::CloseSession& close) {
    GST_INFO_OBJECT(element_, "session %s closes: %s", close.session.c_str(), close.text.c_str());
    gst_rtc_signaling_close_session(element_, close.session.c_str(), close.reason,
                                    close.text.c_str());
}

void JanusLink::run(const command::SlowLink& slow) {
    gst_element_post_message(
        GST_ELEMENT(element_),
        gst_message_new_element(GST_OBJECT(element_),
                                gst_structure_new("rtc-janus-slowlink", "session", G_TYPE_STRING,
                                                  slow.session.c_str(), "uplink", G_TYPE_BOOLEAN,
                                                  gboolean(slow.uplink), "lost", G_TYPE_UINT64,
                                                  slow.lost, nullptr)));
}

void JanusLink::run(const command::Warn& warn) {
    GST_ELEMENT_WARNING(element_, RESOURCE, OPEN_READ_WRITE, ("%s", warn.text.c_str()), (nullptr));
}

void JanusLink::run(const command::GiveUp& give_up) {
    GST_ELEMENT_ERROR(element_, RESOURCE, OPEN_READ_WRITE, ("%s", give_up.text.c_str()), (nullptr));
}

void JanusLink::schedule() {
    auto due = janus_.deadline();
    timer_.cancel();
    if (!due)
        return;
    auto delay = std::chrono::ceil<milliseconds>(*due - now());
    timer_ = current_->after(std::max(delay, milliseconds(0)), [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->run(self->janus_.advance(now()));
    });
}

} // namespace rtc::janus
