#include "signaling/whip/answers.hpp"

namespace rtc::whip {
namespace {

using http::problem;
using http::Response;

constexpr const char* retry_after = "2"; // seconds

} // namespace

Response busy(guint status, std::string_view detail) {
    return problem(status, detail).with("Retry-After", retry_after);
}

// The answer to a POST whose session the host ended.
Response ended(GstRtcEndReason reason, std::string_view text) {
    auto say = [&](const char* otherwise) { return text.empty() ? otherwise : text; };
    switch (reason) {
    case GST_RTC_END_REASON_REJECTED:
    case GST_RTC_END_REASON_SECURITY:
        return problem(422, say("the offer can't be used"));
    case GST_RTC_END_REASON_BUSY:
        return busy(503, say("no more sessions can be served now"));
    case GST_RTC_END_REASON_SHUTDOWN:
        return busy(503, say("the server stops"));
    case GST_RTC_END_REASON_TIMEOUT:
        return problem(504, say("no answer was ready in time"));
    default:
        return problem(500, say("the session failed"));
    }
}

Response no_such_session() {
    return problem(404, "there is no such session; it may have ended");
}

} // namespace rtc::whip
