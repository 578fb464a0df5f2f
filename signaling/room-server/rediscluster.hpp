// Several servers that share their rooms through a Redis.
//
// Each has an id, a key PREFIX:instance:ID that expires unless it is set anew, and two channels:
// PREFIX:all and PREFIX:to:ID. Who comes says hello to all and is told of everybody's peers; who is
// silent for too long, or says bye, is gone with all its peers. A server that loses Redis goes on
// alone: to it all others are gone, and to them it is; it comes back under a new id.
//
// Life: made, used and destroyed on the service's loop.
#pragma once

#include "signaling/room-server/redisconnection.hpp"
#include "signaling/base/backoff.hpp"
#include "signaling/room/parcel.hpp"
#include "signaling/room/service.hpp"

#include <set>

namespace rtc {

struct RedisSettings {
    RedisAddress address;
    std::string prefix = "rtc-room";
    std::chrono::milliseconds expiry{6000};
};

// "host:port", "[::1]:port" or "host"; the password is read from the file, if one is named.
Result<RedisAddress> read_redis_address(const std::string& text, const std::string& password_file);

class RedisCluster : public room::Cluster {
public:
    // Tells how things stand, for people: "connected to …".
    using Say = std::function<void(const std::string&)>;

    // The service outlives it.
    RedisCluster(room::Service& service, RedisSettings settings, Say say);
    ~RedisCluster() override;

    void tell(const std::string& room, const room::Tell& tell) override;

private:
    std::string key() const { return settings_.prefix + ":instance:" + id_; }
    std::string channel_to(const std::string& instance) const;
    void connect();
    void subscribe();
    void subscribed(const redisReply& reply);
    void enter();
    void refresh();
    void lost(const std::string& text);
    void publish(const std::string& to, const std::string& room,
                 decltype(room::Parcel::content) content);
    void received(const room::Parcel& parcel);
    void meet(const std::string& instance);
    void part(const std::string& instance);

    room::Service& service_;
    const RedisSettings settings_;
    const Say say_;
    std::string id_;
    std::unique_ptr<RedisConnection> commands_, subscriber_;
    int waiting_ = 0; // connections, then subscriptions, that are not there yet
    bool entered_ = false;
    bool complained_ = false;
    std::set<std::string> others_;
    Timer refresh_, retry_;
    Backoff backoff_;
};

} // namespace rtc
