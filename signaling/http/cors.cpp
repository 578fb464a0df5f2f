#include "signaling/http/cors.hpp"

namespace rtc::http {
namespace {

// Adds Access-Control-Allow-Origin; false where the origin has no access.
bool grant(Response& response, const Head& head, std::string_view origins) {
    if (trim(origins) == "*") {
        response.with("Access-Control-Allow-Origin", "*");
        return true;
    }
    if (trim(origins).empty())
        return false;
    // The answer differs by origin: caches must know.
    response.with("Vary", "Origin");
    auto origin = head.header("Origin");
    if (origin.empty() || !lists(origins, origin))
        return false;
    response.with("Access-Control-Allow-Origin", std::string(origin));
    return true;
}

} // namespace

bool is_preflight(const Head& head) {
    return head.method == "OPTIONS" && !head.header("Origin").empty() &&
           !head.header("Access-Control-Request-Method").empty();
}

Response preflight(const Head& head, std::string_view origins, std::string_view methods) {
    Response response{.status = 204};
    response.with("Allow", std::string(methods));
    if (grant(response, head, origins))
        response.with("Access-Control-Allow-Methods", std::string(methods))
            .with("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
            .with("Access-Control-Max-Age", "86400");
    return response;
}

void allow_origin(Response& response, const Head& head, std::string_view origins) {
    if (grant(response, head, origins))
        response.with("Access-Control-Expose-Headers",
                      "Location, Link, ETag, Accept-Post, Accept-Patch, Retry-After");
}

bool may_connect(const Head& head, std::string_view origins) {
    auto origin = head.header("Origin");
    return origin.empty() || origin == head.origin || trim(origins) == "*" ||
           lists(origins, origin);
}

} // namespace rtc::http
