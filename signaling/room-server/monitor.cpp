#include "signaling/room-server/monitor.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace rtc {
namespace {

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type,
                                double value) {
    prometheus::ClientMetric metric;
    if (type == prometheus::MetricType::Counter)
        metric.counter.value = value;
    else
        metric.gauge.value = value;
    return {name, help, type, {metric}};
}

} // namespace

std::string metrics_text(const room::Figures& f, bool draining) {
    auto gauge = [](const char* name, const char* help, double value) {
        return family(name, help, prometheus::MetricType::Gauge, value);
    };
    auto counter = [](const char* name, const char* help, guint64 value) {
        return family(name, help, prometheus::MetricType::Counter, double(value));
    };
    return prometheus::TextSerializer().Serialize({
        gauge("rtc_room_rooms", "Rooms with somebody in them", double(f.rooms)),
        gauge("rtc_room_peers", "Peers connected here", double(f.peers)),
        gauge("rtc_room_sessions", "Sessions of peers connected here", double(f.sessions)),
        gauge("rtc_room_draining", "1 while no new peers are taken", draining),
        counter("rtc_room_connections_total", "Peers that were let in", f.connections),
        counter("rtc_room_refused_total", "Peers that were not", f.refused),
        counter("rtc_room_messages_received_total", "Messages of peers", f.messages_in),
        counter("rtc_room_messages_sent_total", "Messages to peers", f.messages_out),
        counter("rtc_room_faults_total", "Messages that were none, and peers that sent too many",
                f.faults),
    });
}

Result<std::unique_ptr<Monitor>> Monitor::start(const std::string& address, guint port,
                                                room::Service& service) {
    std::unique_ptr<Monitor> monitor(new Monitor);
    monitor->on_ = &service.server();
    if (port) {
        auto server = http::Server::acquire({.address = address, .port = port});
        if (!server)
            return server.error();
        monitor->server_ = *server;
        monitor->on_ = server->get();
    }
    auto served = monitor->serve("/health", [&service] {
        bool draining = service.draining();
        return http::text_response(draining ? 503 : 200, "application/json",
                                   draining ? "{\"status\":\"draining\"}" : "{\"status\":\"ok\"}");
    });
    if (served)
        served = monitor->serve("/metrics", [&service] {
            room::Figures figures;
            service.call([&](room::Service& on) { figures = on.figures(); });
            return http::text_response(200, "text/plain; version=0.0.4",
                                       metrics_text(figures, service.draining()));
        });
    if (!served)
        return served.error();
    return monitor;
}

Result<void> Monitor::serve(const char* path, std::function<http::Response()> answer) {
    http::Endpoint endpoint;
    endpoint.path = path;
    endpoint.owner = "monitor";
    endpoint.cors_origins = "";
    endpoint.pages = false;
    endpoint.methods = [](const std::string&) { return "GET, HEAD"; };
    endpoint.refuse = [](const http::Head& head) -> std::optional<http::Response> {
        if (head.method == "GET" || head.method == "HEAD")
            return std::nullopt;
        return http::method_not_allowed(head.method, "GET, HEAD");
    };
    endpoint.handle = [answer = std::move(answer)](auto exchange) {
        exchange->respond(answer().with("Cache-Control", "no-store"));
    };
    endpoint.status = [path](const http::Head&) {
        return http::EndpointStatus{"monitor", path, true, false, {}};
    };
    auto registration = on_->add(std::move(endpoint));
    if (!registration)
        return registration.error();
    registrations_.push_back(std::move(*registration));
    return {};
}

} // namespace rtc
