// One session at a time, whose descriptions people carry. Pure: the host's words and texts come in,
// commands go out.
//
// Who offers writes an offer as soon as there is something to send, and reads an answer; after the
// session it writes another offer. Who answers reads an offer, whenever one comes, and writes the
// answer; a new offer ends the session that is on.
#pragma once

#include "signaling/manual/description.hpp"

#include <functional>
#include <variant>

namespace rtc::manual {

namespace command {
struct StartSession {
    std::string session;
    GstRtcOfferer offerer;
};
struct Describe {
    std::string session;
    Description description;
};
struct CloseSession {
    std::string session;
    GstRtcEndReason reason;
    std::string text;
};
struct Write {
    std::string text;
};
struct Warn { // something for people
    std::string text;
};
} // namespace command
using Command = std::variant<command::StartSession, command::Describe, command::CloseSession,
                             command::Write, command::Warn>;
using Commands = std::vector<Command>;

class Manual {
public:
    Manual(GstRtcOfferer offerer, Form form, std::function<std::string()> new_id);

    Commands set_live(bool live);
    Commands describe(const std::string& session, const Description& description);
    Commands end(const std::string& session, GstRtcEndReason reason, const std::string& text);
    // A text that somebody gave us.
    Commands read(std::string_view text);
    Commands stop();

private:
    Commands offer();
    Commands take_offer(Description description);
    Commands take_answer(Description description);

    const GstRtcOfferer offerer_;
    const Form form_;
    const std::function<std::string()> new_id_;
    bool live_ = false;
    std::string session_;           // "" without one
    bool waiting_ = false;          // for the peer's answer
    std::string written_;           // our last text
    std::vector<Description> held_; // an offer that came before the host was live
};

} // namespace rtc::manual
