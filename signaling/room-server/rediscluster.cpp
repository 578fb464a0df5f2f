#include "signaling/room-server/rediscluster.hpp"

#include "signaling/http/secret.hpp"

#include <cstring>

namespace rtc {
namespace {

constexpr std::chrono::milliseconds first_wait{200}, longest_wait{10000};

} // namespace

Result<RedisAddress> read_redis_address(const std::string& text, const std::string& password_file) {
    GError* failure = nullptr;
    auto address = adopt(G_NETWORK_ADDRESS(g_network_address_parse(text.c_str(), 6379, &failure)));
    Owned<GError> error{failure};
    if (!address)
        return Error{"redis must be host:port, like 127.0.0.1:6379"};
    auto password = http::read_secret("", password_file);
    if (!password)
        return Error{"redis-password-file: " + password.error().message};
    return RedisAddress{g_network_address_get_hostname(address.get()),
                        g_network_address_get_port(address.get()), *password};
}

RedisCluster::RedisCluster(room::Service& service, RedisSettings settings, Say say)
    : service_(service)
    , settings_(std::move(settings))
    , say_(std::move(say))
    , backoff_(first_wait, longest_wait) {
    connect();
}

// The others needn't wait for the expiry.
RedisCluster::~RedisCluster() {
    if (!entered_)
        return;
    publish("", "", room::Bye{});
    commands_->send({"DEL", key()});
    commands_->flush();
}

std::string RedisCluster::channel_to(const std::string& instance) const {
    return settings_.prefix + (instance.empty() ? ":all" : ":to:" + instance);
}

void RedisCluster::connect() {
    id_ = room::new_uuid();
    waiting_ = 2;
    auto ready = [this] {
        if (--waiting_ == 0)
            subscribe();
    };
    for (auto* connection : {&commands_, &subscriber_}) {
        *connection = std::make_unique<RedisConnection>(service_.loop());
        (*connection)->connect(settings_.address, ready, [this](const std::string& text) {
            lost(text);
        });
    }
}

void RedisCluster::subscribe() {
    waiting_ = 2;
    for (const auto& instance : {std::string(), id_})
        subscriber_->send({"SUBSCRIBE", channel_to(instance)},
                          [this](const redisReply& reply) { subscribed(reply); });
}

// Either the word that we are subscribed, or a message.
void RedisCluster::subscribed(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR)
        return lost(reply.str);
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 3)
        return;
    std::string kind = reply.element[0]->str;
    if (kind == "subscribe" && --waiting_ == 0)
        return enter();
    auto* payload = reply.element[2];
    if (kind != "message" || payload->type != REDIS_REPLY_STRING)
        return;
    if (auto parcel = room::parse_parcel({payload->str, payload->len}))
        received(*parcel);
}

void RedisCluster::enter() {
    entered_ = true;
    complained_ = false;
    backoff_.reset();
    refresh();
    publish("", "", room::Hello{});
    for (auto& [room, status] : service_.statuses())
        publish("", room, room::InstanceMessage(status));
    refresh_ = service_.loop().every(settings_.expiry / 3, [this] { refresh(); });
    say_("sharing rooms through Redis as " + id_);
}

void RedisCluster::refresh() {
    commands_->send({"SET", key(), "1", "PX", std::to_string(settings_.expiry.count())},
                    [this](const redisReply& reply) {
                        if (reply.type == REDIS_REPLY_ERROR)
                            lost(reply.str);
                    });
    for (const auto& other : others_)
        commands_->send({"EXISTS", settings_.prefix + ":instance:" + other},
                        [this, other](const redisReply& reply) {
                            if (reply.type == REDIS_REPLY_INTEGER && reply.integer == 0)
                                part(other);
                        });
}

// Called by replies, too, in the middle of which no connection may end: that comes a little later.
void RedisCluster::lost(const std::string& text) {
    if (retry_)
        return;
    entered_ = false;
    refresh_.cancel();
    if (!std::exchange(complained_, true))
        say_("Redis is lost (" + text + "): alone until it is back");
    for (const auto& other : std::exchange(others_, {}))
        service_.lose(other);
    retry_ = service_.loop().after(backoff_.next(g_random_double()), [this] {
        retry_ = Timer();
        connect();
    });
}

void RedisCluster::publish(const std::string& to, const std::string& room,
                           decltype(room::Parcel::content) content) {
    commands_->send(
        {"PUBLISH", channel_to(to), room::to_json(room::Parcel{id_, room, std::move(content)})});
}

void RedisCluster::tell(const std::string& room, const room::Tell& tell) {
    if (entered_)
        publish(tell.instance, room, tell.message);
}

void RedisCluster::received(const room::Parcel& parcel) {
    if (parcel.from == id_ || !entered_)
        return;
    if (std::holds_alternative<room::Bye>(parcel.content))
        return part(parcel.from);
    meet(parcel.from);
    if (auto* message = std::get_if<room::InstanceMessage>(&parcel.content))
        return service_.receive_from(parcel.from, parcel.room, *message);
    for (auto& [room, status] : service_.statuses())
        publish(parcel.from, room, room::InstanceMessage(status));
}

// Whom we didn't know tells us of its peers.
void RedisCluster::meet(const std::string& instance) {
    if (others_.insert(instance).second)
        publish(instance, "", room::Hello{});
}

void RedisCluster::part(const std::string& instance) {
    if (others_.erase(instance))
        service_.lose(instance);
}

} // namespace rtc
