// A host without media, for one signaling element: it keeps what the element reports, and notices
// what breaks the rules of docs/write-a-signaling-element.md.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"
#include "signaling/lib/rtcsignaling.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rtc::check {

// How long to wait for what must come. Shorter only in tests of the checks themselves.
inline std::chrono::seconds patience{20};

struct Report {
    enum Kind { requested, description, candidate, closed } kind;
    std::string session;
    std::string text; // the SDP, the candidate, or the reason in words
    int value = 0;    // GstRtcOfferer, GstWebRTCSDPType, mline, or GstRtcEndReason
    bool no_more = false;
};

class Host {
public:
    // `line` as for gst-launch: a factory name with properties.
    static Result<std::unique_ptr<Host>> make(const std::string& line, GstRtcRole role);
    // The same, and starts it.
    static Result<std::unique_ptr<Host>> started(const std::string& line, GstRtcRole role);
    ~Host();

    GstRtcSignaling* signaling() const { return signaling_.get(); }
    Result<void> start();
    Result<void> stop();
    // The first URI that the element announced, "" where it has none to announce in time.
    std::string uri();

    // The host's words; the element must take each at once. What took too long is a fault.
    void set_live(bool live);
    void describe(const std::string& session, GstWebRTCSDPType type, const std::string& sdp);
    void candidate(const std::string& session, guint mline, const char* text);
    void end(const std::string& session, GstRtcEndReason reason);

    // The next report that satisfies and was not taken yet; nothing where it doesn't come in time.
    std::optional<Report> take(const std::function<bool(const Report&)>& satisfies,
                               std::chrono::milliseconds deadline = patience);
    std::optional<Report> take(Report::Kind kind, const std::string& session = "");
    size_t count(Report::Kind kind, const std::string& session);
    // Rules that were broken, in words; each is told once.
    std::vector<std::string> faults();

private:
    Host() = default;
    void connect();
    void add(Report report);
    void call(const char* name, const std::function<void()>& function);
    std::string error_message();

    struct Life {
        bool closed = false; // the element said so
    };

    Ref<GstElement> pipeline_;
    Ref<GstRtcSignaling> signaling_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Report> reports_;
    std::map<std::string, Life> sessions_;
    std::map<std::string, int> running_; // reports of a session that are under way
    std::vector<std::string> faults_;
};

// The role of who meets somebody in that role.
GstRtcRole other_role(GstRtcRole role);
// Stands in the line of one of the two for what the other announced, which then starts first.
inline constexpr const char* uri_of_other = "{uri}";
// The line with that replaced by what the host's element announced.
Result<std::string> with_uri_of(Host& host, std::string line);

} // namespace rtc::check
