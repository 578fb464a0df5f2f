#include "plugins/rtc/calltags.hpp"

#include <string_view>

namespace rtc {
namespace {

constexpr std::string_view session_key = "session=";
constexpr std::string_view peer_key = "peer=";
constexpr std::string_view room_key = "room=";
constexpr std::string_view resume_key = "resume=";
constexpr const char* tracks_field = "rtc-tracks";

void add(GstTagList* list, std::string_view key, const std::string& value) {
    if (value.empty())
        return;
    Owned<char> text{g_utf8_make_valid(value.c_str(), -1)};
    auto comment = std::string(key) + text.get();
    gst_tag_list_add(list, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, comment.c_str(),
                     nullptr);
}

} // namespace

Ref<GstTagList> make_call_tags(const std::string& session, const std::string& peer,
                               const std::string& room) {
    auto list = adopt(gst_tag_list_new_empty());
    gst_tag_list_set_scope(list.get(), GST_TAG_SCOPE_GLOBAL);
    add(list.get(), session_key, session);
    add(list.get(), peer_key, peer);
    add(list.get(), room_key, room);
    return list;
}

CallTags parse_call_tags(const GstTagList* list) {
    CallTags result;
    auto count = list ? gst_tag_list_get_tag_size(list, GST_TAG_EXTENDED_COMMENT) : 0;
    for (guint i = 0; i < count; i++) {
        const char* text = nullptr;
        if (!gst_tag_list_peek_string_index(list, GST_TAG_EXTENDED_COMMENT, i, &text))
            continue;
        std::string_view comment = text;
        if (comment.starts_with(session_key))
            result.session = comment.substr(session_key.size());
        else if (comment.starts_with(peer_key))
            result.peer = comment.substr(peer_key.size());
        else if (comment.starts_with(room_key))
            result.room = comment.substr(room_key.size());
        else if (comment.starts_with(resume_key))
            result.resume = comment.substr(resume_key.size());
    }
    return result;
}

bool carries_call(GstPad* pad) {
    auto event = adopt(gst_pad_get_sticky_event(pad, GST_EVENT_TAG, 0));
    if (!event)
        return false;
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event.get(), &tags);
    return !parse_call_tags(tags).session.empty();
}

Ref<GstEvent> make_session_ended(const std::string& reason) {
    return adopt(gst_event_new_custom(
        GST_EVENT_CUSTOM_DOWNSTREAM,
        gst_structure_new(session_ended_event, "reason", G_TYPE_STRING, reason.c_str(), nullptr)));
}

std::string parse_session_ended(GstEvent* event) {
    const auto* structure = gst_event_get_structure(event);
    const char* reason = structure ? gst_structure_get_string(structure, "reason") : nullptr;
    return reason ? reason : "";
}

void announce_tracks(GstEvent* stream_start, guint count) {
    gst_structure_set(gst_event_writable_structure(stream_start), tracks_field, G_TYPE_UINT, count,
                      nullptr);
}

guint announced_tracks(GstEvent* stream_start) {
    guint count = 0;
    gst_structure_get_uint(gst_event_get_structure(stream_start), tracks_field, &count);
    return count;
}

Ref<GstEvent> make_sender_clock(const SenderClockNews& news) {
    return adopt(gst_event_new_custom(
        GST_EVENT_CUSTOM_DOWNSTREAM,
        gst_structure_new(sender_clock_event, "over", G_TYPE_INT64, news.over, "drift",
                          G_TYPE_INT64, news.drift, "error", G_TYPE_INT64, news.error, nullptr)));
}

std::optional<SenderClockNews> parse_sender_clock(GstEvent* event) {
    const auto* structure = gst_event_get_structure(event);
    SenderClockNews news;
    if (!structure || !gst_structure_has_name(structure, sender_clock_event) ||
        !gst_structure_get(structure, "over", G_TYPE_INT64, &news.over, "drift", G_TYPE_INT64,
                           &news.drift, "error", G_TYPE_INT64, &news.error, nullptr))
        return std::nullopt;
    return news;
}

} // namespace rtc
