/**
 * SECTION:element-rtcrecordsink
 * @title: rtcrecordsink
 * @short_description: records each call to a file of its own
 *
 * Takes encoded media on request pads and writes one file per call, without transcoding unless
 * #GstRtcRecordSink:transcode asks for it. Pads whose stream-start event carries the same group id
 * belong to one call, as those of a session of
 * rtcsrc do. Files are Matroska, WebM or MP4 by the ending of #GstRtcRecordSink:location, written
 * as NAME.part and renamed when they are whole; NAME.json beside tells what is in them. A track
 * that comes after #GstRtcRecordSink:track-timeout is put into the file when that ends. A call
 * takes more than one file where a track changes its codec, and where segments are asked for.
 *
 * Files are finished when their call ends, at EOS, and when the element goes to READY. Until then
 * a .part file, which is Matroska, plays as far as it is written. A fault in one recording is a
 * warning message of the element, never an error of the pipeline.
 *
 * Action signals `split-now`, `pause`, `resume` (session, or %NULL for all calls) and `snapshot`
 * (session, location of the JPEG, or %NULL for one beside the file) return how many calls they
 * concern.
 *
 * Element messages: `rtc-recording-started` and `rtc-recording-segment` (session, peer, location),
 * `rtc-recording-finished` (session, peer, location, duration in nanoseconds, bytes, reason,
 * tracks, locations), `rtc-recording-leftover` (location: a file of an earlier process that had
 * not finished it).
 *
 * |[
 * gst-launch-1.0 rtcsrc signaling="whipserver port=8080" : rtcrecordsink
 * location="calls/{session}.mkv"
 * ]|
 */
#include "plugins/record/filename.hpp"
#include "plugins/record/recorder.hpp"
#include "plugins/record/recordtypes.hpp"

#include <atomic>

using rtc::Kind;
using rtc::Property;
using rtc::Recorder;
using rtc::RecordSettings;

#define GST_TYPE_RTC_RECORD_SINK (gst_rtc_record_sink_get_type())
G_DECLARE_FINAL_TYPE(GstRtcRecordSink, gst_rtc_record_sink, GST, RTC_RECORD_SINK, GstElement)

struct GstRtcRecordSinkPrivate {
    RecordSettings settings; // guarded by the object lock
    std::shared_ptr<Recorder> recorder;
    // Pads may be asked for by several threads at once, as linking by `:` does.
    std::atomic<guint> next_video = 0;
    std::atomic<guint> next_audio = 0;
};

struct _GstRtcRecordSink {
    GstElement parent;
    GstRtcRecordSinkPrivate* d;
};

G_DEFINE_TYPE(GstRtcRecordSink, gst_rtc_record_sink, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(rtcrecordsink, "rtcrecordsink", GST_RANK_NONE, GST_TYPE_RTC_RECORD_SINK)

// Settings of a recording that is under way don't change.
static const Property<RecordSettings> properties[] = {
    {"location",
     "Where files go: a path with {session} {peer} {room} {time} {time:%Y-%m-%d} {seq} {track} "
     "{ext}, ending in .mkv, .webm or .mp4. Directories are made, nothing is overwritten (-2, -3, "
     "… "
     "is added). Takes effect in READY",
     &RecordSettings::location},
    {"fallback", "What to do when the container can't take a codec of the call",
     rtc::EnumMember<RecordSettings>{&RecordSettings::fallback, rtc::fallback_type}},
    {"transcode",
     "Which tracks are decoded and encoded anew. One for which that fails goes on as it comes, by "
     "fallback where the container can't take it",
     rtc::EnumMember<RecordSettings>{&RecordSettings::transcode, rtc::transcode_type}},
    {"transcode-profile",
     "What tracks are encoded as: a codec for pictures and one for sound, with kbit/s or without: "
     "H264:2000, opus:96. What isn't named is chosen by the container, and by the picture's size",
     &RecordSettings::transcode_profile},
    {"group",
     "What one recording has: a call, or all that is on in a room (calls outside rooms are by "
     "themselves). With {track} in location each track has a recording of its own",
     rtc::EnumMember<RecordSettings>{&RecordSettings::group, rtc::group_type}},
    {"loss-policy", "What becomes of pictures after one was lost (a buffer flagged DISCONT)",
     rtc::EnumMember<RecordSettings>{&RecordSettings::loss_policy, rtc::loss_policy_type}},
    {"track-timeout",
     "How long a file waits for the other tracks of its call after the first buffer, in "
     "milliseconds. What comes is held in memory until then. A track that comes later is written "
     "beside, and put into the file when it ends",
     &RecordSettings::track_timeout, 0, 60000},
    {"stall-timeout",
     "A track that has been silent for this long holds up the others no longer, in milliseconds",
     &RecordSettings::stall_timeout, 100, 60000},
    {"finalize-timeout", "How long closing a file may take, in milliseconds",
     &RecordSettings::finalize_timeout, 100, 600000},
    {"reconnect-timeout",
     "How long a call that has ended waits for a caller of the same name, who then goes on in the "
     "same recording, in milliseconds; 0 ends it at once",
     &RecordSettings::reconnect_timeout, 0, 3600000},
    {"segment-duration",
     "A new file begins when one is that long, in milliseconds, with the next keyframe where there "
     "are pictures; 0 for no limit",
     &RecordSettings::segment_duration, 0, G_MAXUINT},
    {"segment-size",
     "A new file begins when that many bytes of media are in one, with the next keyframe where "
     "there are pictures; 0 for no limit",
     &RecordSettings::segment_size, 0, G_MAXINT64},
    {"max-duration",
     "A recording ends when its media is that long, in milliseconds; nothing more is recorded of "
     "the call. 0 for no limit",
     &RecordSettings::max_duration, 0, G_MAXUINT},
    {"max-size",
     "A recording ends before more bytes of media than that are in its files; nothing more is "
     "recorded of the call. 0 for no limit",
     &RecordSettings::max_size, 0, G_MAXINT64},
    {"min-free-space",
     "Recordings end, and none begins, where fewer bytes than that are free on the disk; looked at "
     "each second. 0 for no limit",
     &RecordSettings::min_free_space, 0, G_MAXINT64},
    {"retention-age",
     "Recordings of rtcrecordsink in the location's directory that have ended so many seconds ago "
     "are deleted, with their manifests; 0 keeps them",
     &RecordSettings::retention_age, 0, G_MAXUINT},
    {"retention-size",
     "When the recordings of rtcrecordsink in the location's directory have more bytes than that "
     "together, the oldest are deleted; 0 for no limit",
     &RecordSettings::retention_size, 0, G_MAXINT64},
    {"on-finished-command",
     "A program that is run for each finished recording, with arguments quoted as for a shell "
     "(there "
     "is none) and the manifest's path behind them; RTC_RECORDING_MANIFEST, "
     "RTC_RECORDING_LOCATION, "
     "RTC_RECORDING_ID and RTC_RECORDING_REASON are in its environment",
     &RecordSettings::on_finished_command},
    {"webhook",
     "An https URL that is told of each recording and file that begins, and of each finished "
     "recording, by POST of its manifest (Standard Webhooks); http only to this machine",
     &RecordSettings::webhook},
    {"webhook-secret-file",
     "A file with the secret that the webhook's messages are signed with (HMAC-SHA256); without it "
     "they are not signed",
     &RecordSettings::webhook_secret_file},
    {"webhook-ca-file",
     "PEM file of the authorities that the webhook's certificate may come from; empty: the "
     "system's",
     &RecordSettings::webhook_ca_file},
    {"webhook-allow-http", "Let the webhook be http on another machine, for all on the way to read",
     &RecordSettings::webhook_allow_http},
    {"webhook-timeout",
     "How long a message to the webhook is tried again, with longer and longer pauses, in "
     "milliseconds; one that is given up is told in a warning",
     &RecordSettings::webhook_timeout, 0, G_MAXUINT},
    {"hooks-timeout",
     "How long the change to READY waits for the webhook and for programs, in milliseconds",
     &RecordSettings::hooks_timeout, 0, 600000},
    {"file-mode",
     "Permissions of what is written, in octal digits such as 0600, whatever the umask; who may "
     "read a file may enter directories that are made for it. Empty: what the umask leaves",
     &RecordSettings::file_mode},
    {"manifest", "Write NAME.json beside each recording", &RecordSettings::manifest},
    {"checksum",
     "Put the SHA-256 of each file into the manifest and the messages; it is computed when the "
     "file "
     "is whole",
     &RecordSettings::checksum},
    {"single-call",
     "All pads belong to one call whatever their group ids are; for sources that give each stream "
     "an id of its own",
     &RecordSettings::single_call},
};

#define VIDEO_CAPS "video/x-h264;video/x-h265;video/x-vp8;video/x-vp9;video/x-av1"
#define AUDIO_CAPS "audio/x-opus;audio/x-mulaw;audio/x-alaw"
static GstStaticPadTemplate video_template =
    GST_STATIC_PAD_TEMPLATE("video_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(VIDEO_CAPS));
static GstStaticPadTemplate audio_template =
    GST_STATIC_PAD_TEMPLATE("audio_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS(AUDIO_CAPS));

static Recorder& recorder_of(GstObject* parent) {
    return *GST_RTC_RECORD_SINK(parent)->d->recorder;
}

static Recorder::Input& input_of(GstPad* pad) {
    return *static_cast<Recorder::Input*>(gst_pad_get_element_private(pad));
}

static GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer) {
    return recorder_of(parent).chain(input_of(pad), rtc::adopt(buffer));
}

static gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
    auto owned = rtc::adopt(event);
    recorder_of(parent).event(input_of(pad), event);
    return TRUE;
}

static void unlinked(GstPad* pad, GstPad*, GstRtcRecordSink* self) {
    self->d->recorder->unlinked(input_of(pad));
}

static GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template,
                               const gchar* wanted_name, const GstCaps*) {
    auto* self = GST_RTC_RECORD_SINK(element);
    auto kind = g_str_has_prefix(GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template), "audio")
                    ? Kind::audio
                    : Kind::video;
    std::string name = wanted_name ? wanted_name : "";
    if (name.empty() || name.find('%') != name.npos) {
        auto& next = kind == Kind::audio ? self->d->next_audio : self->d->next_video;
        do
            name = std::string(to_string(kind)) + "_" + std::to_string(next++);
        while (rtc::adopt(gst_element_get_static_pad(element, name.c_str())));
    }
    auto* pad = gst_pad_new_from_template(pad_template, name.c_str());
    gst_pad_set_element_private(pad, self->d->recorder->add_input(pad, kind));
    gst_pad_set_chain_function(pad, chain);
    gst_pad_set_event_function(pad, sink_event);
    g_signal_connect(pad, "unlinked", G_CALLBACK(unlinked), self);
    if (GST_STATE(element) >= GST_STATE_PAUSED)
        gst_pad_set_active(pad, TRUE);
    if (gst_element_add_pad(element, pad))
        return pad;
    return nullptr;
}

static void release_pad(GstElement* element, GstPad* pad) {
    auto kept = rtc::retain(pad);
    gst_pad_set_active(pad, FALSE);
    g_signal_handlers_disconnect_by_data(pad, element);
    GST_RTC_RECORD_SINK(element)->d->recorder->remove_input(&input_of(pad));
    gst_element_remove_pad(element, pad);
}

static RecordSettings copy_settings(GstRtcRecordSink* self) {
    GST_OBJECT_LOCK(self);
    auto settings = self->d->settings;
    GST_OBJECT_UNLOCK(self);
    return settings;
}

static bool check_settings(GstRtcRecordSink* self) {
    auto checked = rtc::check_settings(copy_settings(self));
    if (!checked)
        GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, ("%s", checked.error().message.c_str()),
                          (nullptr));
    return bool(checked);
}

static GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
    auto* self = GST_RTC_RECORD_SINK(element);
    auto& recorder = *self->d->recorder;
    if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
        if (!check_settings(self))
            return GST_STATE_CHANGE_FAILURE;
        if (auto started = recorder.start(copy_settings(self)); !started) {
            GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, ("%s", started.error().message.c_str()),
                              (nullptr));
            return GST_STATE_CHANGE_FAILURE;
        }
    }
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
        recorder.release();
    auto result =
        GST_ELEMENT_CLASS(gst_rtc_record_sink_parent_class)->change_state(element, transition);
    bool failed_start =
        transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE;
    if (transition == GST_STATE_CHANGE_PAUSED_TO_READY || failed_start)
        recorder.stop();
    return result;
}

// A bin sends EOS to its sources and latency to its sinks: this element is both, so that it learns
// of EOS when it has no pads as well.
static gboolean send_event(GstElement* element, GstEvent* event) {
    auto owned = rtc::adopt(event);
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
        GST_RTC_RECORD_SINK(element)->d->recorder->drain(gst_event_get_seqnum(event));
        return TRUE;
    }
    if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY)
        return TRUE;
    return GST_ELEMENT_CLASS(gst_rtc_record_sink_parent_class)
        ->send_event(element, owned.release());
}

// --- action signals: what is done to the call of a session, or to all ---

static guint act(GstRtcRecordSink* self, const char* session,
                 const std::function<void(rtc::Recording&)>& function) {
    return self->d->recorder->for_each_call(session ? session : "", function);
}

static guint split_now(GstRtcRecordSink* self, const char* session) {
    return act(self, session, [](auto& recording) { recording.split(); });
}

static guint pause_calls(GstRtcRecordSink* self, const char* session) {
    return act(self, session, [](auto& recording) { recording.pause(); });
}

static guint resume_calls(GstRtcRecordSink* self, const char* session) {
    return act(self, session, [](auto& recording) { recording.resume(); });
}

static guint take_snapshots(GstRtcRecordSink* self, const char* session, const char* location) {
    std::string path = location ? location : "";
    return act(self, session, [&](auto& recording) { recording.take_snapshot(path); });
}

static void add_actions(GObjectClass* klass) {
    auto type = G_TYPE_FROM_CLASS(klass);
    constexpr auto flags = GSignalFlags(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION);
    const std::pair<const char*, GCallback> actions[] = {{"split-now", G_CALLBACK(split_now)},
                                                         {"pause", G_CALLBACK(pause_calls)},
                                                         {"resume", G_CALLBACK(resume_calls)}};
    for (const auto& [name, handler] : actions)
        g_signal_new_class_handler(name, type, flags, handler, nullptr, nullptr, nullptr,
                                   G_TYPE_UINT, 1, G_TYPE_STRING);
    g_signal_new_class_handler("snapshot", type, flags, G_CALLBACK(take_snapshots), nullptr,
                               nullptr, nullptr, G_TYPE_UINT, 2, G_TYPE_STRING, G_TYPE_STRING);
}

static void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
    GST_OBJECT_LOCK(object);
    rtc::set_property<RecordSettings>(properties, GST_RTC_RECORD_SINK(object)->d->settings, id,
                                      value);
    GST_OBJECT_UNLOCK(object);
}

static void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
    GST_OBJECT_LOCK(object);
    rtc::get_property<RecordSettings>(properties, GST_RTC_RECORD_SINK(object)->d->settings, id,
                                      value);
    GST_OBJECT_UNLOCK(object);
}

static void finalize(GObject* object) {
    delete GST_RTC_RECORD_SINK(object)->d;
    G_OBJECT_CLASS(gst_rtc_record_sink_parent_class)->finalize(object);
}

static void gst_rtc_record_sink_class_init(GstRtcRecordSinkClass* klass) {
    auto* object_class = G_OBJECT_CLASS(klass);
    object_class->set_property = set_property;
    object_class->get_property = get_property;
    object_class->finalize = finalize;
    rtc::install_properties<RecordSettings>(object_class, properties);
    add_actions(object_class);

    auto* element_class = GST_ELEMENT_CLASS(klass);
    element_class->request_new_pad = request_new_pad;
    element_class->release_pad = release_pad;
    element_class->change_state = change_state;
    element_class->send_event = send_event;
    gst_element_class_add_static_pad_template(element_class, &video_template);
    gst_element_class_add_static_pad_template(element_class, &audio_template);
    gst_element_class_set_static_metadata(element_class, "WebRTC call recorder", "Sink/File/WebRTC",
                                          "Records each call to a file of its own", "gst-rtc");
    gst_type_mark_as_plugin_api(rtc::fallback_type(), GstPluginAPIFlags(0));
    gst_type_mark_as_plugin_api(rtc::group_type(), GstPluginAPIFlags(0));
    gst_type_mark_as_plugin_api(rtc::transcode_type(), GstPluginAPIFlags(0));
    gst_type_mark_as_plugin_api(rtc::loss_policy_type(), GstPluginAPIFlags(0));
}

static void gst_rtc_record_sink_init(GstRtcRecordSink* self) {
    self->d = new GstRtcRecordSinkPrivate;
    self->d->recorder = std::make_shared<Recorder>(GST_ELEMENT(self));
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
}
