#include "signaling/room/link.hpp"

#include <future>

GST_DEBUG_CATEGORY_STATIC(rtc_link_debug);
#define GST_CAT_DEFAULT rtc_link_debug

namespace rtc::room {
namespace {

constexpr std::chrono::milliseconds first_wait{500};
constexpr std::chrono::seconds goodbye{1};

} // namespace

Link::Link(const ClientSettings& settings, GstRtcSignaling* element)
    : uri_(settings.uri)
    , element_(element)
    , loop_("rtc-room")
    , backoff_(first_wait, std::chrono::milliseconds(settings.retry_limit)) {}

Link::~Link() {
    stop();
}

Result<std::shared_ptr<Place>> Link::start(const ClientSettings& settings, std::string token,
                                           Part part, GstRtcSignaling* element) {
    GST_DEBUG_CATEGORY_INIT(rtc_link_debug, "rtcroomclient", 0, "Connections to room servers");
    http::WebSocketClient::Options options{settings.uri, std::move(token), settings.tls_ca_file,
                                           settings.insecure};
    options.patience.ping_interval = std::chrono::seconds(settings.ping_interval);
    std::shared_ptr<Link> link(new Link(settings, element));
    Result<void> result;
    // What libsoup makes belongs to the thread that makes it.
    link->loop_.call([&] {
        auto client = http::WebSocketClient::create(link->loop_, std::move(options));
        if (client)
            link->client_ = std::move(*client);
        else
            result = client.error();
    });
    if (!result)
        return result.error();
    auto say = [self = link.get()](const ClientMessage& message) {
        if (self->socket_)
            self->socket_->send(to_json(message));
    };
    link->seat_ = std::make_shared<Seat>(link->loop_, std::move(part), element, say);
    link->loop_.post([self = link.get()] { self->connect(); });
    return std::shared_ptr<Place>(link);
}

void Link::stop() {
    if (seat_)
        seat_->stop();
    auto closed = std::make_shared<std::promise<void>>();
    auto gone = closed->get_future();
    loop_.call([&] {
        retry_.cancel();
        client_.reset();
        if (!socket_)
            return closed->set_value();
        socket_->on_text(nullptr);
        socket_->on_closed([closed] { closed->set_value(); });
        socket_->close(SOUP_WEBSOCKET_CLOSE_NORMAL, "");
    });
    gone.wait_for(goodbye);
    loop_.call([this] { socket_.reset(); });
}

void Link::connect() {
    GST_DEBUG_OBJECT(element_, "connecting to %s", uri_.c_str());
    if (client_)
        client_->open([this](auto outcome) { opened(std::move(outcome)); });
}

void Link::opened(http::WebSocketClient::Outcome outcome) {
    if (auto* failure = std::get_if<http::WebSocketClient::Failure>(&outcome)) {
        if (!failure->refused)
            return try_later(failure->text);
        GST_ELEMENT_ERROR(element_, RESOURCE, NOT_AUTHORIZED,
                          ("%s: %s", uri_.c_str(), failure->text.c_str()), (nullptr));
        return;
    }
    socket_ = std::move(std::get<0>(outcome));
    socket_->on_text([this](std::string_view text) { received(text); });
    socket_->on_closed([this] { lost("the connection to the room server is lost"); });
    seat_->connected();
}

void Link::received(std::string_view text) {
    auto message = parse_server_message(text);
    if (!message) {
        GST_WARNING_OBJECT(element_, "%s", message.error().message.c_str());
        return;
    }
    bool welcome = std::holds_alternative<Welcome>(*message);
    seat_->received(*message);
    if (!welcome)
        return;
    backoff_.reset();
    complained_ = false;
    const char* uris[] = {uri_.c_str(), nullptr};
    gst_rtc_signaling_announce(element_, uris);
}

void Link::lost(const std::string& text) {
    socket_.reset();
    seat_->disconnected(text);
    try_later(text);
}

void Link::try_later(const std::string& text) {
    auto wait = backoff_.next(g_random_double());
    GST_INFO_OBJECT(element_, "%s; trying again in %d ms", text.c_str(), int(wait.count()));
    if (!std::exchange(complained_, true))
        GST_ELEMENT_WARNING(element_, RESOURCE, OPEN_READ_WRITE,
                            ("%s: %s; trying again", uri_.c_str(), text.c_str()), (nullptr));
    retry_ = loop_.after(wait, [this] { connect(); });
}

} // namespace rtc::room
