#include "tests/element/recording_rig.hpp"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include <algorithm>

namespace rtc::test {
namespace {

constexpr GstClockTime segment_start = 3600 * GST_SECOND;
constexpr GstClockTime patience = 30 * GST_SECOND;

const std::map<std::string, std::string>& encoders() {
    const std::string video = "videotestsrc num-buffers=90 ! video/x-raw,format=I420,"
                              "framerate=30/1,";
    const std::string small = video + "width=320,height=180 ! ";
    const std::string large = video + "width=640,height=360 ! ";
    const std::string h264 = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! "
                             "video/x-h264,stream-format=byte-stream,alignment=au,"
                             "profile=constrained-baseline";
    const std::string vp8 = "vp8enc deadline=1 cpu-used=16 keyframe-max-dist=30";
    const std::string audio = "audiotestsrc num-buffers=150 samplesperbuffer=";
    static const std::map<std::string, std::string> table{
        {"h264", small + h264},
        {"h264-large", large + h264},
        {"h264-b-frames", small + "x264enc speed-preset=ultrafast bframes=2 b-adapt=false "
                                  "key-int-max=30 ! video/x-h264,profile=main"},
        {"h265", small + "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=30"},
        {"vp8", small + vp8},
        {"vp8-large", large + vp8},
        {"vp9", small + "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=30"},
        // As it comes from peers: with what the stream tells, and no more.
        {"vp9-rtp", small + "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=30 ! rtpvp9pay ! "
                            "rtpvp9depay ! vp9parse"},
        {"opus", audio + "960 ! audio/x-raw,rate=48000,channels=2 ! opusenc"},
        {"pcmu", audio + "160 ! audio/x-raw,rate=8000,channels=1 ! mulawenc"},
        {"pcma", audio + "160 ! audio/x-raw,rate=8000,channels=1 ! alawenc"},
    };
    return table;
}

std::vector<Ref<GstSample>> encode(const std::string& description) {
    GError* error = nullptr;
    auto text = description + " ! appsink name=out sync=false";
    auto pipeline = sink(gst_parse_launch(text.c_str(), &error));
    g_assert_no_error(error);
    auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    std::vector<Ref<GstSample>> samples;
    while (auto* sample = gst_app_sink_pull_sample(GST_APP_SINK(out.get())))
        samples.push_back(adopt(sample));
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    g_assert_cmpuint(samples.size(), >=, 90);
    return samples;
}

std::string run(const std::vector<std::string>& command, bool may_fail = false) {
    std::vector<const char*> arguments;
    for (const auto& word : command)
        arguments.push_back(word.c_str());
    arguments.push_back(nullptr);
    char* out = nullptr;
    char* err = nullptr;
    int status = 0;
    GError* error = nullptr;
    g_spawn_sync(nullptr, const_cast<char**>(arguments.data()), nullptr, G_SPAWN_SEARCH_PATH,
                 nullptr, nullptr, &out, &err, &status, &error);
    g_assert_no_error(error);
    Owned<char> owned_out{out};
    Owned<char> owned_err{err};
    if ((status != 0 || *err) && !may_fail)
        g_error("%s says of %s: %s", command.front().c_str(), command.back().c_str(), err);
    return out;
}

const char* member(JsonObject* object, const char* name) {
    return json_object_has_member(object, name) ? json_object_get_string_member(object, name) : "0";
}

Ref<JsonParser> parse(const std::string& text) {
    auto parser = adopt(json_parser_new());
    GError* error = nullptr;
    json_parser_load_from_data(parser.get(), text.c_str(), gssize(text.size()), &error);
    g_assert_no_error(error);
    return parser;
}

} // namespace

const std::vector<Ref<GstSample>>& media(const std::string& name) {
    static std::map<std::string, std::vector<Ref<GstSample>>> made;
    auto& samples = made[name];
    if (samples.empty())
        samples = encode(encoders().at(name));
    return samples;
}

Folder::Folder() {
    Owned<char> made{g_dir_make_tmp("rtc-recording-XXXXXX", nullptr)};
    path_ = made.get();
}

Folder::~Folder() {
    run({"rm", "-rf", path_});
}

bool Folder::has(const std::string& name) const {
    return g_file_test(file(name).c_str(), G_FILE_TEST_IS_REGULAR);
}

std::vector<std::string> Folder::list(const std::string& below) const {
    std::vector<std::string> names;
    auto* listing = g_dir_open(file(below).c_str(), 0, nullptr);
    while (const char* name = g_dir_read_name(listing))
        names.emplace_back(name);
    g_dir_close(listing);
    std::sort(names.begin(), names.end());
    return names;
}

Rig::Rig(const std::string& location, const std::function<void(GstElement*)>& set_up) {
    pipeline_ = rtc::sink(gst_pipeline_new(nullptr));
    auto* element = gst_element_factory_make("rtcrecordsink", nullptr);
    g_assert_nonnull(element);
    gst_bin_add(GST_BIN(pipeline_.get()), element);
    sink_ = retain(element);
    // A busy machine must not part what belongs together.
    g_object_set(element, "location", location.c_str(), "track-timeout", 20000, nullptr);
    if (set_up)
        set_up(element);
    bus_ = adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    g_assert_cmpint(gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING), !=,
                    GST_STATE_CHANGE_FAILURE);
}

Rig::~Rig() {
    stop();
}

void Rig::stop() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Ref<GstMessage> Rig::take(const std::function<bool(GstMessage*)>& fits, GstClockTime timeout) {
    for (auto it = kept_.begin(); it != kept_.end(); ++it) {
        if (!fits(it->get()))
            continue;
        auto message = *it;
        kept_.erase(it);
        return message;
    }
    auto types = GstMessageType(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR |
                                GST_MESSAGE_EOS);
    while (auto* next = gst_bus_timed_pop_filtered(bus_.get(), timeout, types)) {
        auto message = adopt(next);
        if (fits(next))
            return message;
        if (GST_MESSAGE_TYPE(next) == GST_MESSAGE_ERROR)
            g_error("the pipeline failed");
        kept_.push_back(message);
    }
    return nullptr;
}

Ref<GstMessage> Rig::wait_for(const char* name) {
    auto message = take([&](GstMessage* m) { return gst_message_has_name(m, name); }, patience);
    if (!message)
        g_error("no %s came", name);
    return message;
}

bool Rig::comes(const char* name, GstClockTime within) {
    return bool(take([&](GstMessage* m) { return gst_message_has_name(m, name); }, within));
}

Ref<GstMessage> Rig::wait_for_type(GstMessageType type) {
    auto message = take([&](GstMessage* m) { return GST_MESSAGE_TYPE(m) == type; }, patience);
    if (!message)
        g_error("no %s came", gst_message_type_get_name(type));
    return message;
}

bool Rig::is_waiting(GstMessageType type) {
    auto message = take([&](GstMessage* m) { return GST_MESSAGE_TYPE(m) == type; }, 0);
    if (message)
        kept_.push_back(message);
    return bool(message);
}

Feed::Feed(Rig& rig, const std::string& media_name, guint group, const std::string& stream_id,
           const std::string& session, const std::string& peer, const std::string& room)
    : Feed(rig, media_name) {
    begin(group, stream_id, session, peer, room);
}

Feed::Feed(Rig& rig, const std::string& media_name)
    : rig_(rig)
    , name_(media_name) {
    source_ = rtc::sink(gst_pad_new(nullptr, GST_PAD_SRC));
    gst_pad_add_probe(
        source_.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
        [](GstPad*, GstPadProbeInfo* info, gpointer self) {
            if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)))
                static_cast<Feed*>(self)->keyframe_requests_++;
            return GST_PAD_PROBE_OK;
        },
        this, nullptr);
    bool audio = media_name == "opus" || media_name.starts_with("pcm");
    target_ = adopt(gst_element_request_pad_simple(rig.sink(), audio ? "audio_%u" : "video_%u"));
    g_assert_nonnull(target_.get());
    g_assert_cmpint(gst_pad_link(source_.get(), target_.get()), ==, GST_PAD_LINK_OK);
    gst_pad_set_active(source_.get(), TRUE);
}

void Feed::begin(guint group, const std::string& stream_id, const std::string& session,
                 const std::string& peer, const std::string& room) {
    auto* start = gst_event_new_stream_start(stream_id.c_str());
    if (group)
        gst_event_set_group_id(start, group);
    gst_pad_push_event(source_.get(), start);
    change(name_);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.start = segment.position = segment_start;
    gst_pad_push_event(source_.get(), gst_event_new_segment(&segment));
    if (!session.empty())
        gst_pad_push_event(source_.get(),
                           gst_event_new_tag(make_call_tags(session, peer, room).release()));
}

Feed::~Feed() {
    if (target_)
        release();
}

void Feed::change(const std::string& media_name) {
    name_ = media_name;
    gst_pad_push_event(source_.get(),
                       gst_event_new_caps(gst_sample_get_caps(media(name_).front().get())));
}

void Feed::push(guint from, guint to, GstClockTimeDiff offset) {
    const auto& samples = media(name_);
    // Encoders start their timestamps where they like. A DTS may lie before the first PTS.
    auto zero = GstClockTimeDiff(GST_BUFFER_PTS(gst_sample_get_buffer(samples.front().get())));
    auto move = GstClockTimeDiff(segment_start) + offset - zero;
    for (guint i = from; i < std::min(to, guint(samples.size())); i++) {
        auto buffer = adopt(gst_buffer_copy(gst_sample_get_buffer(samples[i].get())));
        GST_BUFFER_PTS(buffer.get()) += GstClockTime(move);
        if (GST_BUFFER_DTS_IS_VALID(buffer.get()))
            GST_BUFFER_DTS(buffer.get()) += GstClockTime(move);
        if (std::exchange(lost_, false))
            GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
        g_assert_cmpint(gst_pad_push(source_.get(), buffer.release()), ==, GST_FLOW_OK);
    }
}

void Feed::tell(Ref<GstEvent> event) {
    gst_pad_push_event(source_.get(), event.release());
}

void Feed::end() {
    gst_pad_push_event(source_.get(), gst_event_new_eos());
}

void Feed::end(const std::string& reason) {
    gst_pad_push_event(source_.get(), make_session_ended(reason).release());
    end();
}

void Feed::release() {
    gst_pad_unlink(source_.get(), target_.get());
    gst_element_release_request_pad(rig_.sink(), target_.get());
    target_.reset();
    gst_pad_set_active(source_.get(), FALSE);
}

const ProbedStream* Probed::find(const std::string& codec) const {
    for (const auto& stream : streams)
        if (stream.codec == codec)
            return &stream;
    return nullptr;
}

Probed judge(const std::string& path, bool may_complain) {
    // In the file's own time base: in that of a guessed frame rate, pictures that are close
    // together would fall on the same tick.
    if (!may_complain)
        run({"ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-enc_time_base", "-1",
             "-f", "null", "-"});
    auto parser = parse(run({"ffprobe", "-v", may_complain ? "quiet" : "error", "-count_frames",
                             "-show_streams", "-show_format", "-of", "json", path}));
    auto* root = json_node_get_object(json_parser_get_root(parser.get()));
    Probed result;
    auto* format = json_object_get_object_member(root, "format");
    result.duration = g_ascii_strtod(member(format, "duration"), nullptr);
    auto* streams = json_object_get_array_member(root, "streams");
    for (guint i = 0; i < json_array_get_length(streams); i++) {
        auto* stream = json_array_get_object_element(streams, i);
        ProbedStream probed;
        probed.codec = member(stream, "codec_name");
        probed.frames = guint(g_ascii_strtoull(member(stream, "nb_read_frames"), nullptr, 10));
        probed.start = g_ascii_strtod(member(stream, "start_time"), nullptr);
        if (json_object_has_member(stream, "width"))
            probed.width = int(json_object_get_int_member(stream, "width"));
        result.streams.push_back(probed);
    }
    return result;
}

guint count_frames(const std::string& path) {
    auto text = run({"ffprobe", "-v", "quiet", "-count_frames", "-select_streams", "v",
                     "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path},
                    true);
    return guint(atoi(text.c_str()));
}

std::vector<int> picture_widths(const std::string& path) {
    auto text = run({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                     "frame=width", "-of", "csv=p=0", path});
    std::vector<int> widths;
    char** lines = g_strsplit(text.c_str(), "\n", -1);
    for (char** line = lines; *line; line++)
        if (int width = atoi(*line); width > 0 && (widths.empty() || widths.back() != width))
            widths.push_back(width);
    g_strfreev(lines);
    return widths;
}

Ref<JsonObject> read_manifest(const std::string& path) {
    char* text = nullptr;
    GError* error = nullptr;
    g_file_get_contents(path.c_str(), &text, nullptr, &error);
    g_assert_no_error(error);
    Owned<char> owned{text};
    auto parser = parse(text);
    return retain(json_node_get_object(json_parser_get_root(parser.get())));
}

std::string manifest_text(const std::string& path, const char* name) {
    auto root = read_manifest(path);
    return json_object_has_member(root.get(), name)
               ? json_object_get_string_member(root.get(), name)
               : "";
}

std::string text_of(GstMessage* message, const char* field) {
    const char* text = gst_structure_get_string(gst_message_get_structure(message), field);
    return text ? text : "";
}

guint64 number_of(GstMessage* message, const char* field) {
    guint64 number = 0;
    gst_structure_get_uint64(gst_message_get_structure(message), field, &number);
    return number;
}

} // namespace rtc::test
