#include "signaling/sdp/attributes.hpp"

#include "signaling/sdp/text.hpp"

#include <algorithm>

namespace rtc::sdp::attributes {
namespace {

// GStreamer has each function twice; these names let the code below be written once.
guint count(const GstSDPMedia* media) {
    return gst_sdp_media_attributes_len(media);
}
guint count(const GstSDPMessage* message) {
    return gst_sdp_message_attributes_len(message);
}
const GstSDPAttribute* at(const GstSDPMedia* media, guint i) {
    return gst_sdp_media_get_attribute(media, i);
}
const GstSDPAttribute* at(const GstSDPMessage* message, guint i) {
    return gst_sdp_message_get_attribute(message, i);
}
void erase(GstSDPMedia* media, guint i) {
    gst_sdp_media_remove_attribute(media, i);
}
void erase(GstSDPMessage* message, guint i) {
    gst_sdp_message_remove_attribute(message, i);
}

std::string_view view(const char* text) {
    return text ? text : "";
}

template <typename T>
const char* find(const T* holder, const char* key) {
    for (guint i = 0; i < count(holder); i++)
        if (view(at(holder, i)->key) == key)
            return at(holder, i)->value ? at(holder, i)->value : "";
    return nullptr;
}

template <typename T>
void visit_all(const T* holder, const Visitor& visit) {
    for (guint i = 0; i < count(holder); i++)
        visit(view(at(holder, i)->key), view(at(holder, i)->value));
}

template <typename T>
std::vector<std::string> collect(const T* holder, std::string_view wanted) {
    std::vector<std::string> result;
    visit_all(holder, [&](std::string_view key, std::string_view value) {
        if (key == wanted)
            result.emplace_back(value);
    });
    return result;
}

template <typename T>
void erase_if(T* holder, const Predicate& unwanted) {
    for (guint i = count(holder); i-- > 0;)
        if (unwanted(view(at(holder, i)->key), view(at(holder, i)->value)))
            erase(holder, i);
}

} // namespace

const char* value(const GstSDPMedia* media, const char* key) {
    return find(media, key);
}
const char* value(const GstSDPMessage* message, const char* key) {
    return find(message, key);
}

void for_each(const GstSDPMedia* media, const Visitor& visit) {
    visit_all(media, visit);
}
void for_each(const GstSDPMessage* message, const Visitor& visit) {
    visit_all(message, visit);
}

std::vector<std::string> values(const GstSDPMedia* media, std::string_view key) {
    return collect(media, key);
}
std::vector<std::string> values(const GstSDPMessage* message, std::string_view key) {
    return collect(message, key);
}

void remove_if(GstSDPMedia* media, const Predicate& unwanted) {
    erase_if(media, unwanted);
}
void remove_if(GstSDPMessage* message, const Predicate& unwanted) {
    erase_if(message, unwanted);
}

void remove(GstSDPMedia* media, std::string_view name) {
    erase_if(media, [&](std::string_view key, std::string_view) { return key == name; });
}
void remove(GstSDPMessage* message, std::string_view name) {
    erase_if(message, [&](std::string_view key, std::string_view) { return key == name; });
}

void add(GstSDPMedia* media, std::string_view key, std::string_view value) {
    gst_sdp_media_add_attribute(media, std::string(key).c_str(), std::string(value).c_str());
}
void add(GstSDPMessage* message, std::string_view key, std::string_view value) {
    gst_sdp_message_add_attribute(message, std::string(key).c_str(), std::string(value).c_str());
}

void set(GstSDPMedia* media, std::string_view key, std::string_view value) {
    std::string kept(value); // the value may be one of those removed
    remove(media, key);
    add(media, key, kept);
}

bool Bundle::holds(std::string_view mid) const {
    return std::find(mids.begin(), mids.end(), mid) != mids.end();
}

Bundle bundle(const GstSDPMessage* message) {
    Bundle result;
    for (const auto& group : values(message, "group")) {
        auto members = text::words(group);
        if (members.empty() || members.front() != "BUNDLE")
            continue;
        result.mids.assign(members.begin() + 1, members.end());
        break;
    }
    return result;
}

void set_bundle(GstSDPMessage* message, const Bundle& group) {
    remove(message, "group");
    if (group.mids.empty())
        return;
    std::string text = "BUNDLE";
    for (const auto& mid : group.mids)
        text += " " + mid;
    add(message, "group", text);
}

bool is_rejected(const GstSDPMedia* media, const Bundle& group) {
    if (gst_sdp_media_get_port(media) != 0)
        return false;
    const char* mid = value(media, "mid");
    return !(mid && has(media, "bundle-only") && group.holds(mid));
}

const GstSDPMedia* tagged(const GstSDPMessage* message, const Bundle& group) {
    for (const auto& mid : group.mids)
        for (guint i = 0; i < gst_sdp_message_medias_len(message); i++) {
            const auto* media = gst_sdp_message_get_media(message, i);
            if (view(value(media, "mid")) == mid && !is_rejected(media, group))
                return media;
        }
    return nullptr;
}

const char* effective(const GstSDPMessage* message, const GstSDPMedia* media, const Bundle& group,
                      const char* key) {
    if (const char* own = value(media, key))
        return own;
    if (const char* shared = value(message, key))
        return shared;
    const char* mid = value(media, "mid");
    if (!mid || !group.holds(mid))
        return nullptr;
    const auto* first = tagged(message, group);
    return first ? value(first, key) : nullptr;
}

bool is_rtp(const GstSDPMedia* media) {
    return view(gst_sdp_media_get_media(media)) != "application";
}

} // namespace rtc::sdp::attributes
