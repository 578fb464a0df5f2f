// What can be checked of two elements that meet: the messages of one come out at the other.
#include "signaling/check/together.hpp"

namespace rtc::check {
namespace {

// A description that every signaling should carry: small, bundled, without candidates.
std::string description(GstRtcRole role, GstWebRTCSDPType type) {
    bool offer = type == GST_WEBRTC_SDP_TYPE_OFFER;
    std::string direction = role == GST_RTC_ROLE_PRODUCER ? "sendonly" : "recvonly";
    return "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
           "a=group:BUNDLE 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
           "a=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijklmn\r\n"
           "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:"
           "55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:" +
           std::string(offer ? "actpass" : "active") + "\r\na=" + direction +
           "\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";
}

constexpr std::chrono::milliseconds courtesy{1000}; // for what need not come

struct End {
    std::unique_ptr<Host> host;
    GstRtcRole role;
    std::string session;
};

// Two hosts with a session between them; `offerer` is the one that was asked for an offer.
struct Meeting {
    End one, other;
    End* offerer = nullptr;
    End* answerer = nullptr;

    Result<void> begin(const Subject& subject);
    Result<void> request();
    Result<void> negotiate();
    // Faults of both.
    Result<void> verdict();
};

Result<End> make_end(const std::string& line, GstRtcRole role) {
    auto host = Host::started(line, role);
    if (!host)
        return host.error();
    return End{std::move(*host), role, ""};
}

Result<void> Meeting::begin(const Subject& subject) {
    std::pair first(&one, subject.line), second(&other, subject.partner);
    auto role = subject.role;
    if (subject.line.find(uri_of_other) != std::string::npos) {
        std::swap(first, second);
        role = other_role(role);
    }
    auto earlier = make_end(first.second, role);
    if (!earlier)
        return earlier.error();
    *first.first = std::move(*earlier);
    auto line = with_uri_of(*first.first->host, second.second);
    if (!line)
        return line.error();
    auto later = make_end(*line, other_role(role));
    if (!later)
        return later.error();
    *second.first = std::move(*later);
    for (auto* end : {&one, &other})
        end->host->set_live(true);
    return request();
}

// Of a pair, one may hear of the session only when the other's offer comes (HTTP).
Result<void> Meeting::request() {
    auto asked = [](End& end, std::chrono::milliseconds deadline) -> std::optional<int> {
        auto report =
            end.host->take([](const Report& r) { return r.kind == Report::requested; }, deadline);
        if (!report)
            return std::nullopt;
        end.session = report->session;
        return report->value;
    };
    std::optional<int> first, second;
    auto end = g_get_monotonic_time() + gint64(patience.count()) * G_USEC_PER_SEC;
    while (!first && !second && g_get_monotonic_time() < end) {
        first = asked(one, std::chrono::milliseconds(100));
        second = asked(other, std::chrono::milliseconds(100));
    }
    if (!first && !second)
        return Error{"no session was requested within 20 s, though both hosts are live"};
    offerer = (first ? *first : !*second) == GST_RTC_OFFERER_HOST ? &one : &other;
    if (!first)
        offerer = *second == GST_RTC_OFFERER_HOST ? &other : &one;
    answerer = offerer == &one ? &other : &one;
    if (offerer->session.empty() && !asked(*offerer, patience))
        return Error{"the end that was to make the offer was asked for no session"};
    offerer->host->describe(offerer->session, GST_WEBRTC_SDP_TYPE_OFFER,
                            description(offerer->role, GST_WEBRTC_SDP_TYPE_OFFER));
    if (answerer->session.empty() && !asked(*answerer, patience))
        return Error{"the peer of the offer was asked for no session within 20 s"};
    return {};
}

Result<void> Meeting::negotiate() {
    auto carried = [](End& from, End& to, GstWebRTCSDPType type) -> Result<void> {
        auto sent = description(from.role, type);
        if (type == GST_WEBRTC_SDP_TYPE_ANSWER)
            from.host->describe(from.session, type, sent);
        auto got = to.host->take(Report::description, to.session);
        std::string name = gst_webrtc_sdp_type_to_string(type);
        if (!got)
            return Error{"the " + name + " did not come through within 20 s"};
        if (got->value != type)
            return Error{"the " + name + " came as another type of description"};
        if (got->text != sent)
            return Error{"the " + name + " was changed on its way"};
        return {};
    };
    if (auto offer = carried(*offerer, *answerer, GST_WEBRTC_SDP_TYPE_OFFER); !offer)
        return offer;
    return carried(*answerer, *offerer, GST_WEBRTC_SDP_TYPE_ANSWER);
}

Result<void> Meeting::verdict() {
    for (auto* end : {&one, &other})
        for (const auto& fault : end->host->faults())
            return Error{fault};
    return {};
}

Result<void> meet(const Subject& subject, Meeting& meeting) {
    if (auto begun = meeting.begin(subject); !begun)
        return begun;
    return meeting.negotiate();
}

} // namespace

Result<void> carries_descriptions(const Subject& subject) {
    Meeting meeting;
    if (auto met = meet(subject, meeting); !met)
        return met;
    return meeting.verdict();
}

// Rule 6: an element that says it trickles carries candidates, one by one and in their order.
Result<void> carries_candidates_in_order(const Subject& subject) {
    Meeting meeting;
    if (auto met = meet(subject, meeting); !met)
        return met;
    for (auto [from, to] :
         {std::pair(&meeting.one, &meeting.other), std::pair(&meeting.other, &meeting.one)}) {
        if (!gst_rtc_signaling_get_trickle(from->host->signaling()))
            continue;
        auto candidate = [](int i) {
            return "candidate:" + std::to_string(i) + " 1 udp 2130706431 192.0.2.1 " +
                   std::to_string(5000 + i) + " typ host";
        };
        for (int i = 1; i <= 5; i++)
            from->host->candidate(from->session, 0, candidate(i).c_str());
        for (int i = 1; i <= 5; i++) {
            auto got = to->host->take(Report::candidate, to->session);
            if (!got)
                return Error{"candidate " + std::to_string(i) + " of 5 did not come through"};
            if (got->text != candidate(i) || got->value != 0)
                return Error{"candidate " + std::to_string(i) + " came as \"" + got->text +
                             "\": they have an order"};
        }
    }
    return meeting.verdict();
}

// Rule 5.
Result<void> tells_an_end_once(const Subject& subject) {
    for (bool by_offerer : {true, false}) {
        Meeting meeting;
        if (auto met = meet(subject, meeting); !met)
            return met;
        auto& from = by_offerer ? *meeting.offerer : *meeting.answerer;
        auto& to = by_offerer ? *meeting.answerer : *meeting.offerer;
        from.host->end(from.session, GST_RTC_END_REASON_HANGUP);
        // Who serves by HTTP can't tell a client: that one learns of it from its connection.
        auto deadline = by_offerer ? std::chrono::milliseconds(patience) : courtesy;
        auto told = to.host->take(
            [&](const Report& r) { return r.kind == Report::closed && r.session == to.session; },
            deadline);
        if (!told && by_offerer)
            return Error{"the peer was not told of the end within 20 s"};
        if (from.host->count(Report::closed, from.session))
            return Error{"who ended the session was told of its end"};
        if (auto verdict = meeting.verdict(); !verdict)
            return verdict;
    }
    return {};
}

Result<void> tells_of_a_peer_that_stops(const Subject& subject) {
    Meeting meeting;
    if (auto met = meet(subject, meeting); !met)
        return met;
    // As a host does: its sessions end, and it stops at once.
    meeting.offerer->host->end(meeting.offerer->session, GST_RTC_END_REASON_SHUTDOWN);
    if (auto stopped = meeting.offerer->host->stop(); !stopped)
        return stopped;
    if (!meeting.answerer->host->take(Report::closed, meeting.answerer->session))
        return Error{"the peer stopped, and its session was not closed within 20 s"};
    return meeting.verdict();
}

Result<void> meets_again(const Subject& subject) {
    Meeting first;
    if (auto met = meet(subject, first); !met)
        return met;
    auto id = first.one.session;
    for (auto* end : {&first.one, &first.other})
        if (auto stopped = end->host->stop(); !stopped)
            return stopped;
    Meeting second;
    if (auto met = meet(subject, second); !met)
        return Error{"after a first session: " + met.error().message};
    if (second.one.session == id)
        return Error{"the second session has the id of the first"};
    return second.verdict();
}

} // namespace rtc::check
