// The tags that name a call on its media: which session a pad belongs to, and who the peer is.
// rtcsrc pushes them after the segment of each pad; rtcrecordsink names its files by them. Pure.
#pragma once

#include "signaling/base/refs.hpp"

#include <string>

namespace rtc {

struct CallTags {
    std::string session; // "" where the list names none
    std::string peer;
};

// A list of scope global with GST_TAG_EXTENDED_COMMENT "session=<id>" and, where the peer has a
// name, "peer=<name>". What is not UTF-8 in either is replaced.
Ref<GstTagList> make_call_tags(const std::string& session, const std::string& peer);
// Finds the two in any tag list; nullptr is an empty one.
CallTags parse_call_tags(const GstTagList* list);

} // namespace rtc
