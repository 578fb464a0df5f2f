// Attributes of a description and of its sections, and its BUNDLE group, for this folder alone.
#pragma once

#include <gst/sdp/sdp.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rtc::sdp::attributes {

// The value of the first attribute of that name, "" for a flag, nullptr where there is none.
const char* value(const GstSDPMedia* media, const char* key);
const char* value(const GstSDPMessage* message, const char* key);
inline bool has(const GstSDPMedia* media, const char* key) {
    return value(media, key) != nullptr;
}

using Visitor = std::function<void(std::string_view key, std::string_view value)>;
void for_each(const GstSDPMedia* media, const Visitor& visit);
void for_each(const GstSDPMessage* message, const Visitor& visit);
std::vector<std::string> values(const GstSDPMedia* media, std::string_view key);
std::vector<std::string> values(const GstSDPMessage* message, std::string_view key);

using Predicate = std::function<bool(std::string_view key, std::string_view value)>;
void remove_if(GstSDPMedia* media, const Predicate& unwanted);
void remove_if(GstSDPMessage* message, const Predicate& unwanted);
void remove(GstSDPMedia* media, std::string_view key);
void remove(GstSDPMessage* message, std::string_view key);

void add(GstSDPMedia* media, std::string_view key, std::string_view value = {});
void add(GstSDPMessage* message, std::string_view key, std::string_view value = {});
// In place of all of that name.
void set(GstSDPMedia* media, std::string_view key, std::string_view value = {});

// The BUNDLE group (RFC 9143), the first one that the description has.
struct Bundle {
    std::vector<std::string> mids;
    bool holds(std::string_view mid) const;
};
Bundle bundle(const GstSDPMessage* message);
// Takes the place of every a=group; nothing is written for an empty one.
void set_bundle(GstSDPMessage* message, const Bundle& bundle);

// Port 0, and not to be sent on another section's port (RFC 9143 section 6).
bool is_rejected(const GstSDPMedia* media, const Bundle& bundle);
// The section whose transport the group shares: the first of its mids that isn't rejected
// (RFC 9143 section 7.2.1).
const GstSDPMedia* tagged(const GstSDPMessage* message, const Bundle& bundle);
// What holds for a section: its own value, else the session's, else, in a BUNDLE group, that of the
// tagged section; nullptr where there is none.
const char* effective(const GstSDPMessage* message, const GstSDPMedia* media, const Bundle& bundle,
                      const char* key);
// RTP, not data channels.
bool is_rtp(const GstSDPMedia* media);

} // namespace rtc::sdp::attributes
