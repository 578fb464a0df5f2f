// One connection to Redis, on a loop.
//
// Life: connect() begins; `ready` is called once it is there, `lost` once when it could not be made
// or is gone, and nothing after that. All on the loop's thread.
#pragma once

#include "signaling/base/loop.hpp"

#include <hiredis/async.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rtc {

struct RedisAddress {
    std::string host = {};
    int port = 6379;
    std::string password = {}; // secret
};

class RedisConnection {
public:
    using Words = std::vector<std::string>;
    // Called with each reply; for a subscription, with each message.
    using Replied = std::function<void(const redisReply&)>;

    explicit RedisConnection(Loop& loop)
        : loop_(loop) {}
    ~RedisConnection() { close(); }
    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;

    void connect(const RedisAddress& address, std::function<void()> ready,
                 std::function<void(std::string)> lost);
    void send(const Words& words, Replied replied = nullptr);
    // Writes what was sent as far as that goes at once.
    void flush();
    void close();

private:
    void watch(Ref<GSource>& source, GIOCondition condition, void (*handle)(redisAsyncContext*));
    // Tells of the end, later: hiredis is in the middle of something now.
    void fail(std::string text);

    Loop& loop_;
    redisAsyncContext* context_ = nullptr; // hiredis frees it
    Ref<GSource> reading_, writing_;
    std::function<void()> ready_;
    std::function<void(std::string)> lost_;
    std::shared_ptr<RedisConnection*> self_ = std::make_shared<RedisConnection*>(this);
};

} // namespace rtc
