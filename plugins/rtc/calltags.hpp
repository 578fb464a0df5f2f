// The tags that name a call on its media: which session a pad belongs to, and who the peer is.
// rtcsrc pushes them after the segment of each pad; rtcrecordsink names its files by them. And the
// event that tells why a call's media ends, which rtcsrc pushes before EOS. Pure.
#pragma once

#include "signaling/base/refs.hpp"

#include <string>

namespace rtc {

struct CallTags {
    std::string session; // "" where the list names none
    std::string peer;
    std::string room;
    std::string resume; // by which a caller who was lost is known again; "" for by the peer's name
};

// A list of scope global with GST_TAG_EXTENDED_COMMENT "session=<id>" and, where the peer has a
// name or is in a room, "peer=<name>" and "room=<name>". What is not UTF-8 in these is replaced.
Ref<GstTagList> make_call_tags(const std::string& session, const std::string& peer,
                               const std::string& room = {});
// Finds these, and "resume=<id>", in any tag list; nullptr is an empty one.
CallTags parse_call_tags(const GstTagList* list);

// A custom downstream event with the nick of a GstRtcEndReason in its field "reason".
constexpr const char* session_ended_event = "rtc-session-ended";
Ref<GstEvent> make_session_ended(const std::string& reason);
std::string parse_session_ended(GstEvent* event); // "" where it has none

} // namespace rtc
