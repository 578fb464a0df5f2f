#include "signaling/room-server/redisconnection.hpp"

#include <glib-unix.h>

namespace rtc {
namespace {

RedisConnection* connection_of(const redisAsyncContext* context) {
    return static_cast<RedisConnection*>(context->data);
}

// What a source calls; one of hiredis' two handlers, after which the context may be gone.
struct Call {
    redisAsyncContext* context;
    void (*handle)(redisAsyncContext*);
};

gboolean dispatch(gint, GIOCondition, gpointer data) {
    auto call = *static_cast<Call*>(data);
    call.handle(call.context);
    return G_SOURCE_CONTINUE;
}

void unwatch(Ref<GSource>& source) {
    if (source)
        g_source_destroy(source.get());
    source.reset();
}

} // namespace

void RedisConnection::watch(Ref<GSource>& source, GIOCondition condition,
                            void (*handle)(redisAsyncContext*)) {
    if (source)
        return;
    source = adopt(g_unix_fd_source_new(context_->c.fd, condition));
    g_source_set_callback(source.get(), G_SOURCE_FUNC(dispatch), new Call{context_, handle},
                          [](gpointer data) { delete static_cast<Call*>(data); });
    g_source_attach(source.get(), loop_.context());
}

void RedisConnection::connect(const RedisAddress& address, std::function<void()> ready,
                              std::function<void(std::string)> lost) {
    ready_ = std::move(ready);
    lost_ = std::move(lost);
    context_ = redisAsyncConnect(address.host.c_str(), address.port);
    if (!context_ || context_->err) {
        std::string text = context_ ? context_->errstr : "no memory";
        return fail(text);
    }
    context_->data = this;
    auto& ev = context_->ev;
    ev.data = this;
    using Self = RedisConnection;
    ev.addRead = [](void* self) {
        auto* to = static_cast<Self*>(self);
        to->watch(to->reading_, G_IO_IN, redisAsyncHandleRead);
    };
    ev.addWrite = [](void* self) {
        auto* to = static_cast<Self*>(self);
        to->watch(to->writing_, G_IO_OUT, redisAsyncHandleWrite);
    };
    ev.delRead = [](void* self) { unwatch(static_cast<Self*>(self)->reading_); };
    ev.delWrite = [](void* self) { unwatch(static_cast<Self*>(self)->writing_); };
    ev.cleanup = [](void* self) {
        unwatch(static_cast<Self*>(self)->reading_);
        unwatch(static_cast<Self*>(self)->writing_);
    };
    redisAsyncSetDisconnectCallback(context_, [](const redisAsyncContext* context, int) {
        if (auto* self = connection_of(context)) {
            self->context_ = nullptr;
            self->fail(context->errstr ? context->errstr : "the connection is closed");
        }
    });
    redisAsyncSetConnectCallback(context_, [](const redisAsyncContext* context, int status) {
        auto* self = connection_of(context);
        if (!self)
            return;
        if (status != REDIS_OK) {
            self->context_ = nullptr;
            return self->fail(context->errstr);
        }
        if (auto call = std::exchange(self->ready_, nullptr))
            call();
    });
    if (!address.password.empty())
        send({"AUTH", address.password}, [this](const redisReply& reply) {
            if (reply.type == REDIS_REPLY_ERROR)
                fail("Redis refuses the password");
        });
}

void RedisConnection::send(const Words& words, Replied replied) {
    if (!context_)
        return;
    std::vector<const char*> texts;
    std::vector<size_t> sizes;
    for (const auto& word : words) {
        texts.push_back(word.data());
        sizes.push_back(word.size());
    }
    // A subscription's callback is called again and again: it lives as long as the connection.
    bool lasting = words[0] == "SUBSCRIBE";
    struct Waiting {
        Replied replied;
        bool lasting;
    };
    auto callback = [](redisAsyncContext* context, void* reply, void* data) {
        auto* waiting = static_cast<Waiting*>(data);
        auto call = waiting->replied;
        if (!waiting->lasting || !reply)
            delete waiting;
        if (reply && call && connection_of(context))
            call(*static_cast<redisReply*>(reply));
    };
    redisAsyncCommandArgv(context_, callback, new Waiting{std::move(replied), lasting},
                          int(words.size()), texts.data(), sizes.data());
}

void RedisConnection::flush() {
    if (context_)
        redisAsyncHandleWrite(context_);
}

void RedisConnection::fail(std::string text) {
    loop_.post([weak = std::weak_ptr(self_), text = std::move(text)] {
        auto self = weak.lock();
        if (!self)
            return;
        if (auto call = std::exchange((*self)->lost_, nullptr))
            call(text);
    });
}

void RedisConnection::close() {
    lost_ = nullptr;
    auto* context = std::exchange(context_, nullptr);
    if (!context)
        return;
    context->data = nullptr;
    redisAsyncFree(context);
}

} // namespace rtc
