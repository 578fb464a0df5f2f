// All sessions of one element, and the one hop between threads: the signaling element's reports
// are copied and posted here, to the loop that every session lives on.
#pragma once

#include "plugins/rtc/session.hpp"

#include <condition_variable>
#include <map>

namespace rtc {

class Sessions : public std::enable_shared_from_this<Sessions> {
public:
    struct Ended {
        std::string id, peer;
        GstRtcEndReason reason;
        std::string text;
    };

    // element: the rtcsrc or rtcsink, kept while sessions live; ended: on the loop's thread.
    Sessions(SessionHost& host, GstElement* element, std::function<void(const Ended&)> ended);
    ~Sessions();

    // Settings are a snapshot: sessions that are on keep theirs.
    void start(GstElement* signaling, SessionSettings settings,
               std::vector<sdp::IceServer> ice_servers);
    // Sessions may begin: clock and base time are known. Again when these changed.
    void release();
    // Ends all sessions and takes no more. Returns when their ends are told, not yet carried out.
    void stop(const std::string& text);
    // Waits until every session's threads and descriptors are gone; false when time ran out.
    bool wait_torn_down(std::chrono::milliseconds timeout);

    void end_session(const std::string& id, GstRtcEndReason reason, const std::string& text);
    // Runs a function on the loop, unless the sessions stop before.
    void run_after(std::chrono::milliseconds delay, std::function<void()> function);
    // Of each session that is on. From any thread.
    std::vector<ViewerStatistics> statistics();
    guint count() const { return count_.load(); }

private:
    struct Link;

    // Handlers of GstRtcSignaling's signals; data is a Link.
    static void on_requested(GstRtcSignaling* signaling, const char* id, const char* peer,
                             GstRtcOfferer offerer, GstWebRTCRTPTransceiverDirection direction,
                             char** servers, GstStructure* details, gpointer data);
    static void on_description(GstRtcSignaling* signaling, const char* id, GstWebRTCSDPType type,
                               const char* sdp, gpointer data);
    static void on_candidate(GstRtcSignaling* signaling, const char* id, guint mline,
                             const char* candidate, gpointer data);
    static void on_ice_servers(GstRtcSignaling* signaling, const char* id, char** servers,
                               gpointer data);
    static void on_closed(GstRtcSignaling* signaling, const char* id, GstRtcEndReason reason,
                          const char* text, gpointer data);
    static void on_layer(GstRtcSignaling* signaling, const char* id, guint mline, const char* layer,
                         gpointer data);

    void begin(SessionRequest request);
    void session_ended(const Ended& report);
    void connect_signaling();
    void disconnect_signaling();

    SessionHost& host_;
    GstElement* element_; // owns us
    std::function<void(const Ended&)> ended_;
    std::mutex loop_mutex_; // statistics() may be asked for while the element stops
    std::shared_ptr<Loop> loop_;
    Ref<GstElement> signaling_;
    std::vector<gulong> handlers_;
    SessionSettings settings_;
    std::vector<sdp::IceServer> ice_servers_;
    std::vector<Timer> timers_;
    bool accepting_ = false;
    bool released_ = false;
    std::vector<std::function<void()>> held_; // until release()
    std::map<std::string, std::shared_ptr<Session>> sessions_;
    std::atomic<guint> count_{0};

    struct Teardowns {
        std::mutex mutex;
        std::condition_variable changed;
        guint running = 0;
    };
    std::shared_ptr<Teardowns> teardowns_ = std::make_shared<Teardowns>();
};

} // namespace rtc
