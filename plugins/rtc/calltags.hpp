// The tags that name a call on its media: which session a pad belongs to, and who the peer is.
// rtcsrc pushes them after the segment of each pad; rtcrecordsink names its files by them. And the
// events that rtcsrc pushes: why a call's media ends, before EOS, and how the peer's clock goes.
// Pure.
#pragma once

#include "signaling/base/refs.hpp"

#include <optional>
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
// Whether what has come to a pad is a call's, so that it may be anything that a peer sends.
bool carries_call(GstPad* pad);

// A custom downstream event with the nick of a GstRtcEndReason in its field "reason".
constexpr const char* session_ended_event = "rtc-session-ended";
Ref<GstEvent> make_session_ended(const std::string& reason);
std::string parse_session_ended(GstEvent* event); // "" where it has none

// In the stream-start of each pad: how many tracks its session may bring, each with a pad of this
// event's group id. Not all need ever come; a muted one doesn't.
void announce_tracks(GstEvent* stream_start, guint count);
guint announced_tracks(GstEvent* stream_start); // 0 where it tells none

// How a peer's clock goes against ours, by its sender reports. rtcsrc pushes it once a second as a
// custom downstream event. Times are nanoseconds.
struct SenderClockNews {
    gint64 over = 0;  // how long it has been watched
    gint64 drift = 0; // how far it went ahead in that time
    gint64 error = 0; // how far the last packet stands from the peer's other media
};
constexpr const char* sender_clock_event = "rtc-sender-clock";
Ref<GstEvent> make_sender_clock(const SenderClockNews& news);
std::optional<SenderClockNews> parse_sender_clock(GstEvent* event);

} // namespace rtc
