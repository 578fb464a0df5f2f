// A participant's place in a room: between the host of a signaling element and a server, which may
// be in the same process or at the other end of a WebSocket.
//
// Life: made for a loop, on which the participant and all signals to the host are; stop() ends its
// sessions and lets go of the loop. The host's words may come from any thread and are posted there.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/room/participant.hpp"

#include <mutex>

namespace rtc::room {

class Seat : public std::enable_shared_from_this<Seat> {
public:
    using Say = std::function<void(const ClientMessage&)>;

    // The loop and the element outlive stop(). `say` tells the server, on the loop.
    Seat(Loop& loop, Part part, GstRtcSignaling* element, Say say);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    // Any thread.
    void stop();
    void set_live(bool live);
    void describe(std::string session, bool offer, std::string sdp);
    void candidate(std::string session, guint mline, std::string candidate);
    void end(std::string session, GstRtcEndReason reason, std::string text);

    // The server's words; on the loop.
    void connected();
    void disconnected(const std::string& text);
    void received(const ServerMessage& message);
    const std::string& id() const { return participant_.id(); }

private:
    void post(std::function<void(Seat&)> function);
    void run(const Commands& commands);
    void run(const ToServer& command);
    void run(const BeginSession& command);
    void run(const GiveDescription& command);
    void run(const GiveCandidate& command);
    void run(const CloseSession& command);
    void run(const Note& command);
    void schedule();

    GstRtcSignaling* const element_;
    std::mutex mutex_;
    Loop* loop_; // guarded by the mutex; nothing once stopped
    // On the loop alone.
    Say say_;
    Participant participant_;
    Timer timer_;
};

// Where a seat is.
class Place {
public:
    virtual ~Place() = default;
    // Leaves the room, and everything ends. Any thread but those of the place itself.
    virtual void stop() = 0;
    virtual Seat& seat() = 0;
    // To announce at once: where peers reach it.
    virtual std::vector<std::string> urls() const = 0;
};

} // namespace rtc::room
