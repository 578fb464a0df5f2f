// RFC 9725, requirement by requirement, against a whipserver.
#include "signaling/whip/fragment.hpp"
#include "tests/element/conformance.hpp"

using namespace rtc;
using namespace rtc::test;
using whip::fragment_type;

namespace {

const std::string whipserver = "whipserver address=127.0.0.1 port=0 ";
const std::string candidate = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";
const std::string trickled = "a=ice-ufrag:abcd\r\na=mid:0\r\na=" + candidate + "\r\n";
const std::string other_ice = "a=ice-ufrag:other\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
                              "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=" +
                              candidate + "\r\n";

// A server with a host that answers everything, and an open session on it.
struct Called {
    explicit Called(const std::string& properties = "")
        : host(whipserver + properties)
        , url(host.start()) {
        answer_all(host);
        opened = fetch(post_offer(url));
        g_assert_cmpuint(opened.status, ==, 201);
        session = opened.header("Location");
    }
    http::Response patch(const std::string& body, const http::Fields& headers = {}) {
        return fetch({"PATCH", session, headers, fragment_type, body});
    }
    FakeHost host;
    std::string url;
    http::Response opened;
    std::string session;
};

struct Recorder : Live {
    Recorder()
        : Live("rtcsrc name=s signaling=\"" + whipserver + "\" ! fakesink async=false") {}
    http::Response call(const char* offer) {
        return fetch({"POST", url, {}, "application/sdp", recorded_offer(offer)});
    }
};

void get_and_head() {
    Called c;
    for (const char* method : {"GET", "HEAD"})
        for (const auto& url : {c.url, c.session}) {
            auto response = fetch({method, url});
            g_assert_cmpuint(response.status / 100, ==, 2);
            g_assert_true(response.text().empty());
        }
}

void problems() {
    Called c;
    for (const auto& request : {Request{"POST", c.url, {}, "application/sdp", "x"},
                                Request{"PUT", c.url}, Request{"DELETE", c.url + "/none"}}) {
        auto response = fetch(request);
        g_assert_true(response.content_type == "application/problem+json");
        g_assert_true(has(response.text(), "\"title\"") && has(response.text(), "\"detail\""));
    }
}

void created() {
    Called c;
    g_assert_true(c.opened.content_type == "application/sdp");
    g_assert_true(c.opened.text() == make_answer());
    g_assert_true(c.session.starts_with(c.url + "/"));
}

void not_an_offer() {
    Called c;
    g_assert_cmpuint(fetch({"POST", c.url, {}, "text/plain", make_offer("sendonly")}).status, ==,
                     415);
    g_assert_cmpuint(fetch({"POST", c.url, {}, "application/sdp", "hello"}).status, ==, 400);
}

void recvonly_answer() {
    Recorder r;
    auto response = r.call("chromium-sendonly");
    g_assert_cmpuint(response.status, ==, 201);
    g_assert_cmpuint(count(response.text(), "a=recvonly"), ==, count(response.text(), "\nm="));
}

void cors() {
    Called c;
    auto options = fetch({"OPTIONS", c.url});
    g_assert_true(options.header("Accept-Post") == "application/sdp");
    auto preflight = fetch({"OPTIONS",
                            c.session,
                            {{"Origin", "https://a.example"},
                             {"Access-Control-Request-Method", "PATCH"},
                             {"Access-Control-Request-Headers", "content-type, if-match"}}});
    g_assert_cmpuint(preflight.status / 100, ==, 2);
    g_assert_true(has(preflight.header("Access-Control-Allow-Methods"), "PATCH"));
    for (const char* name : {"Authorization", "Content-Type", "If-Match"})
        g_assert_true(has(preflight.header("Access-Control-Allow-Headers"), name));
    for (const char* name : {"Location", "Link", "ETag"})
        g_assert_true(has(c.opened.header("Access-Control-Expose-Headers"), name));
}

void delete_frees() {
    Called c("max-sessions=1");
    g_assert_cmpuint(fetch(post_offer(c.url)).status, ==, 503);
    g_assert_cmpuint(fetch({"DELETE", c.session, {{"If-Match", "\"outdated\""}}}).status, ==, 200);
    c.host.wait(Report::closed);
    g_assert_cmpuint(fetch({"GET", c.session}).status, ==, 404);
    g_assert_cmpuint(fetch(post_offer(c.url)).status, ==, 201);
}

void bad_patches() {
    Called c;
    g_assert_cmpuint(fetch({"PATCH", c.session, {}, "application/json", "{}"}).status, ==, 415);
    g_assert_cmpuint(c.patch("hello").status, ==, 400);
}

void etags() {
    Called c;
    auto etag = c.opened.header("ETag");
    g_assert_true(etag.starts_with("\"") && etag.ends_with("\"") && etag.size() > 2);
    g_assert_cmpuint(c.patch(other_ice).status, ==, 428);
    g_assert_cmpuint(c.patch(trickled, {{"If-Match", "\"outdated\""}}).status, ==, 412);
    for (const auto& good : {std::string(etag), std::string("*"), std::string("\"*\"")})
        g_assert_cmpuint(c.patch(trickled, {{"If-Match", good}}).status, ==, 204);
}

void all_candidates() {
    Recorder r;
    auto response = r.call("chromium-sendonly");
    g_assert_true(has(response.text(), "a=candidate:"));
    g_assert_true(has(response.text(), "a=end-of-candidates"));
}

void trickle() {
    Called c;
    auto response = c.patch(trickled);
    g_assert_cmpuint(response.status, ==, 204);
    g_assert_true(response.text().empty() && response.header("ETag").empty());
    g_assert_true(c.host.wait(Report::candidate).text == candidate);
    // LF alone, the user fragment in the section, and one that can't be used among others.
    response = c.patch(
        "m=audio 9 x 0\na=mid:0\na=ice-ufrag:abcd\na=candidate:rubbish\na=" + candidate + "\n");
    g_assert_cmpuint(response.status, ==, 204);
    g_assert_true(c.host.wait(Report::candidate).text == candidate);
}

void restart() {
    Called c;
    auto response = c.patch(other_ice, {{"If-Match", "*"}});
    g_assert_cmpuint(response.status, ==, 200);
    g_assert_true(response.content_type == fragment_type);
    auto fragment = whip::parse_fragment(response.text());
    g_assert_true(fragment && !fragment->ufrag.empty() && !fragment->password.empty());
    g_assert_true(!response.header("ETag").empty() &&
                  response.header("ETag") != c.opened.header("ETag"));
}

// Of the peer that offers nothing has been seen yet but its offer.
void early_restart() {
    Recorder r;
    check_restart(r.call("chromium-sendonly"));
}

void failed_restart() {
    Called c("answer-timeout=100");
    c.host.on_offer(nullptr);
    g_assert_cmpuint(c.patch(other_ice, {{"If-Match", "*"}}).status, ==, 504);
    g_assert_cmpuint(fetch({"GET", c.session}).status, ==, 200);
    g_assert_cmpuint(c.host.count(Report::closed), ==, 0);
}

void bundle() {
    Recorder r;
    auto response = r.call("chromium-sendonly");
    auto sections = count(response.text(), "\nm=");
    g_assert_true(has(response.text(), "a=group:BUNDLE 0 1"));
    for (const char* line : {"a=rtcp-mux\r\n", "a=rtcp-mux-only\r\n"})
        g_assert_cmpuint(count(response.text(), line), ==, sections);
}

void one_stream() {
    Called c;
    for (const auto& kinds : std::vector<std::vector<std::string>>{
             {"audio", "video", "video"}, {"audio", "audio"}, {"video", "application"}}) {
        auto request = post_offer(c.url);
        request.body = make_offer("sendonly", kinds);
        g_assert_cmpuint(fetch(request).status, ==, 422);
    }
}

void redirects() {
    Called c("max-sessions=1 overflow-url=https://second.example");
    auto response = fetch(post_offer(c.url));
    g_assert_cmpuint(response.status, ==, 307);
    g_assert_true(response.header("Location") == "https://second.example/whip");
}

void busy() {
    Called c("max-sessions=1");
    auto response = fetch(post_offer(c.url));
    g_assert_cmpuint(response.status, ==, 503);
    g_assert_false(response.header("Retry-After").empty());
}

void ice_servers() {
    FakeHost host(whipserver + "cors-origin=*");
    const char* servers[] = {"stun://stun.example:3478", "turn://me:a,b@turn.example:3478",
                             nullptr};
    gst_rtc_signaling_set_host(host.signaling(), GST_RTC_ROLE_CONSUMER, servers);
    auto url = host.start();
    answer_all(host);
    auto links = links_of(fetch(post_offer(url)));
    g_assert_cmpuint(links.size(), ==, 2);
    for (const auto& link : links)
        g_assert_true(has(link, "rel=\"ice-server\""));
    g_assert_true(has(links[1], "credential-type=\"password\""));
    auto preflight =
        fetch({"OPTIONS",
               url,
               {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "POST"}}});
    g_assert_true(links_of(preflight).empty());
}

void bearer() {
    FakeHost host(whipserver + "token=s3cret");
    auto url = host.start();
    answer_all(host);
    auto request = post_offer(url);
    auto refused = fetch(request);
    g_assert_cmpuint(refused.status, ==, 401);
    g_assert_true(refused.header("WWW-Authenticate").starts_with("Bearer"));
    request.headers = {{"Authorization", "Bearer s3cret"}};
    auto opened = fetch(request);
    g_assert_cmpuint(opened.status, ==, 201);
    std::string session(opened.header("Location"));
    g_assert_cmpuint(fetch({"DELETE", session}).status, ==, 401);
    g_assert_cmpuint(fetch({"DELETE", session, request.headers}).status, ==, 200);
}

void rate_limits() {
    Called c("rate-limit=1");
    for (const char* method : {"POST", "PATCH", "DELETE"}) {
        guint status = 0;
        for (int i = 0; i < 10 && status != 429; i++)
            status = fetch({method, c.url, {}, "text/plain", "x"}).status;
        g_assert_cmpuint(status, ==, 429);
    }
}

void unguessable() {
    Called c;
    auto again = std::string(fetch(post_offer(c.url)).header("Location"));
    for (const auto& url : {c.session, again})
        g_assert_cmpuint(url.size() - url.rfind('/') - 1, ==, 32); // 128 bits
    g_assert_true(again != c.session);
}

void fit_for_obs() {
    Called c;
    g_assert_true(c.session.starts_with("http://") && !has(c.session, "?"));
    g_assert_true(c.opened.header("Content-Length") == std::to_string(c.opened.text().size()));
    g_assert_cmpuint(fetch({"DELETE", c.session}).status, ==, 200);
    Recorder r;
    g_assert_cmpuint(r.call("obs").status, ==, 201); // an offer without candidates
}

void fit_for_ffmpeg() {
    Recorder r;
    auto response = r.call("ffmpeg"); // it offers to be passive
    g_assert_cmpuint(response.status, ==, 201);
    g_assert_true(has(response.text(), "a=setup:active"));
    g_assert_false(has(response.text(), "a=setup:passive"));
}

const Row rows[] = {
    {"4.1-get", "RFC 9725 4.1", "GET and HEAD on endpoint and session: 2xx without content",
     get_and_head},
    {"4.1-errors", "RFC 9725 4.1", "errors as problem+json (RFC 9457)", problems},
    {"4.2-created", "RFC 9725 4.2", "POST: 201, application/sdp, Location", created},
    {"4.2-refused", "RFC 9725 4.2", "wrong type or malformed SDP: 4xx", not_an_offer},
    {"4.2-recvonly", "RFC 9725 4.2", "the answer is recvonly", recvonly_answer},
    {"4.2-cors", "RFC 9725 4.2", "OPTIONS, CORS, Accept-Post", cors},
    {"4.2-delete", "RFC 9725 4.2", "DELETE ends the session; ETags don't matter to it",
     delete_frees},
    {"4.3.1-refused", "RFC 9725 4.3.1", "PATCH of a wrong type or a bad fragment: 4xx",
     bad_patches},
    {"4.3.1-etag", "RFC 9725 4.3.1",
     "strong ETag in the 201; If-Match missing for a restart: 428, mismatched: 412", etags},
    {"4.3.2-gathered", "RFC 9725 4.3.2", "the answer holds all candidates", all_candidates},
    {"4.3.2-trickle", "RFC 9725 4.3.2",
     "trickle: 204, no body, no ETag; what can't be used is dropped silently", trickle},
    {"4.3.3-restart", "RFC 9725 4.3.3",
     "other credentials: 200, a fragment with ours, another ETag", restart},
    {"4.3.3-early", "RFC 9725 4.3.3", "a restart before there is a network path: 200 too",
     early_restart},
    {"4.3.3-failed", "RFC 9725 4.3.3", "a restart that fails: an error, and the session lives on",
     failed_restart},
    {"4.4-bundle", "RFC 9725 4.4",
     "max-bundle: one bundle, rtcp-mux, rtcp-mux-only in each section", bundle},
    {"4.4-stream", "RFC 9725 4.4",
     "at most one audio and one video section, else 422 for the whole", one_stream},
    {"4.5-redirect", "RFC 9725 4.5", "redirects by 307", redirects},
    {"4.5-busy", "RFC 9725 4.5", "503 with Retry-After", busy},
    {"4.6-links", "RFC 9725 4.6", "ICE servers in the 201, a Link field each; not in preflights",
     ice_servers},
    {"4.7-bearer", "RFC 9725 4.7", "bearer tokens, for sessions too", bearer},
    {"5-rate", "RFC 9725 5", "rate limits on POST, PATCH and DELETE", rate_limits},
    {"5-urls", "RFC 9725 5", "session URLs that nobody guesses", unguessable},
    {"peers-obs", "real peers",
     "OBS: an absolute Location without query, exactly 200 for DELETE, offers without candidates",
     fit_for_obs},
    {"peers-ffmpeg", "real peers",
     "ffmpeg: Content-Length, and an active answer to a passive offer", fit_for_ffmpeg},
};

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    return run_rows(argc, argv, "whip", rows);
}
