// A host without media for one signaling element, and the pipeline that the element is in.
//
// It keeps what the signaling reports. A wait has a deadline and fails the test past it.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/lib/rtcsignaling.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace rtc::test {

struct Report {
    enum Kind { requested, description, candidate, closed, layer } kind;
    std::string session;
    std::string text; // the peer's name, the SDP, the candidate, the reason in words, or the layer
    int value = 0;    // direction, GstWebRTCSDPType, mline, or GstRtcEndReason
    std::string address;      // of a requested session
    bool no_more = false;     // the candidate, or the layer, is NULL
    bool host_offers = false; // of a requested session
};

class FakeHost {
public:
    // `element` with properties, as for gst-launch: "whipserver port=0".
    explicit FakeHost(const std::string& element);
    ~FakeHost();

    GstRtcSignaling* signaling() const { return signaling_.get(); }
    // Starts the element; its URL, or the words of its error.
    std::string start();
    // The URL that is announced next.
    std::string next_url();
    // The same for an element that announces no URL: "", or the words of its error.
    std::string launch();
    // The words of the next message of this type on the bus.
    std::string message(GstMessageType type);
    void stop();
    std::string error() const { return error_; }
    const std::vector<std::string>& urls() const { return urls_; }

    // What to do with each offer, on the thread that reports it: send an answer for one.
    void on_offer(std::function<void(const std::string& session)> act);
    void answer(const std::string& session, const std::string& sdp);
    void offer(const std::string& session, const std::string& sdp);
    void end(const std::string& session, GstRtcEndReason reason, const char* text);

    // The first report of the kind that was not waited for yet.
    Report wait(Report::Kind kind);
    size_t count(Report::Kind kind);

private:
    void add(Report report);
    void connect();

    Ref<GstElement> pipeline_;
    Ref<GstRtcSignaling> signaling_;
    std::vector<std::string> urls_;
    std::string error_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Report> reports_;
    std::vector<bool> taken_;
    std::function<void(const std::string&)> on_offer_;
};

} // namespace rtc::test
