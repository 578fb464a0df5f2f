// What watches over the server may ask: GET /health, for load balancers, and GET /metrics, in the
// text format of Prometheus.
#pragma once

#include "signaling/room/service.hpp"

namespace rtc {

std::string metrics_text(const room::Figures& figures, bool draining);

class Monitor {
public:
    // On the rooms' own server where no port is given. The service outlives it.
    static Result<std::unique_ptr<Monitor>> start(const std::string& address, guint port,
                                                  room::Service& service);

private:
    Result<void> serve(const char* path, std::function<http::Response()> answer);

    std::shared_ptr<http::Server> server_; // nothing: the rooms' own
    std::vector<std::unique_ptr<http::Server::Registration>> registrations_;
    http::Server* on_ = nullptr;
};

} // namespace rtc
