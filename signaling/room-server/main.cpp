// rtc-room-server: rooms without a pipeline.
//
// Life: serves until SIGINT or SIGTERM. SIGTERM takes no new peers and ends with the last session,
// or when drain-timeout is over, or at a second signal.
#include "signaling/room-server/monitor.hpp"
#include "signaling/room-server/options.hpp"
#include "signaling/room-server/rediscluster.hpp"

#include <glib-unix.h>

#include <algorithm>

using namespace rtc;

namespace {

void say(const std::string& text) {
    g_print("%s\n", text.c_str());
}

class Program {
public:
    explicit Program(RoomServerOptions options)
        : options_(std::move(options))
        , loop_(adopt(g_main_loop_new(nullptr, FALSE))) {}

    Result<void> start() {
        auto redis = read_redis();
        if (!redis)
            return redis.error();
        auto service = room::Service::start(options_, "rtc-room-server");
        if (!service)
            return service.error();
        service_ = *service;
        auto monitor = Monitor::start(options_.monitor_address, options_.monitor_port, *service_);
        if (!monitor)
            return monitor.error();
        monitor_ = std::move(*monitor);
        if (!options_.redis.empty())
            service_->call([&](room::Service& on) {
                on.join_cluster(std::make_unique<RedisCluster>(on, *redis, say));
            });
        for (const auto& url : service_->urls())
            say("serving " + url);
        return {};
    }

    int run() {
        g_unix_signal_add(SIGTERM, on_terminate, this);
        g_unix_signal_add(SIGINT, on_interrupt, this);
        g_main_loop_run(loop_.get());
        monitor_.reset();
        service_->stop();
        say("ended");
        return 0;
    }

private:
    Result<RedisSettings> read_redis() const {
        RedisSettings settings;
        settings.prefix = options_.redis_prefix;
        settings.expiry = std::chrono::milliseconds(options_.redis_expiry);
        if (options_.redis.empty())
            return settings;
        auto address = read_redis_address(options_.redis, options_.redis_password_file);
        if (!address)
            return address.error();
        settings.address = *address;
        return settings;
    }

    static gboolean on_interrupt(gpointer self) {
        g_main_loop_quit(static_cast<Program*>(self)->loop_.get());
        return G_SOURCE_CONTINUE;
    }
    static gboolean on_terminate(gpointer self) {
        static_cast<Program*>(self)->terminate();
        return G_SOURCE_CONTINUE;
    }
    static gboolean on_look(gpointer self) {
        static_cast<Program*>(self)->end_if_drained();
        return G_SOURCE_CONTINUE;
    }

    void terminate() {
        if (service_->draining())
            return g_main_loop_quit(loop_.get());
        service_->drain();
        drained_by_ = g_get_monotonic_time() + gint64(options_.drain_timeout) * G_USEC_PER_SEC;
        say("draining: no new peers");
        g_timeout_add(100, on_look, this);
        end_if_drained();
    }

    void end_if_drained() {
        size_t sessions = 0;
        service_->call([&](room::Service& on) { sessions = on.figures().sessions; });
        if (sessions == 0 || g_get_monotonic_time() >= drained_by_)
            g_main_loop_quit(loop_.get());
    }

    const RoomServerOptions options_;
    Ref<GMainLoop> loop_;
    std::shared_ptr<room::Service> service_;
    std::unique_ptr<Monitor> monitor_;
    gint64 drained_by_ = 0; // monotonic, microseconds
};

} // namespace

int main(int argc, char** argv) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    std::span<char* const> arguments(argv + 1, size_t(argc - 1));
    for (std::string_view argument : arguments)
        if (argument == "--help" || argument == "-h") {
            g_print("%s", help_text().c_str());
            return 0;
        }
    gst_init(nullptr, nullptr); // for its log: GST_DEBUG=rtcroom:4
    auto options = read_arguments(arguments);
    if (!options) {
        g_printerr("%s\n", options.error().message.c_str());
        return 2;
    }
    Program program(std::move(*options));
    if (auto started = program.start(); !started) {
        g_printerr("%s\n", started.error().message.c_str());
        return 1;
    }
    return program.run();
}
