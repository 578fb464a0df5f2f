#include "pipelines/mixer.hpp"

#include "pipelines/grid.hpp"

#include <algorithm>

namespace rtc {
namespace {

// What callers' media may come later than each other.
constexpr guint64 patience = 200 * GST_MSECOND;

std::string description(const MixSettings& settings) {
    auto text = [](auto value) { return std::to_string(value); };
    auto picture = "video/x-raw,format=I420,width=" + text(settings.width) +
                   ",height=" + text(settings.height) +
                   ",framerate=" + text(settings.frames_per_second) + "/1";
    auto sound = std::string("audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved");
    return "videotestsrc is-live=true pattern=black ! " + picture +
           " ! compositor name=pictures latency=" + text(patience) + " ! " + picture +
           " ! valve name=picture-valve drop=true ! queue ! "
           "x264enc tune=zerolatency speed-preset=veryfast bitrate=" +
           text(settings.kilobits) + " key-int-max=" + text(settings.frames_per_second * 2) +
           " ! video/x-h264,profile=main,stream-format=byte-stream,alignment=au ! "
           "tee name=picture-out allow-not-linked=true "
           "audiotestsrc is-live=true wave=silence ! " +
           sound + " ! audiomixer name=sounds latency=" + text(patience) + " ! " + sound +
           " ! valve name=sound-valve drop=true ! queue ! opusenc ! "
           "tee name=sound-out allow-not-linked=true";
}

const char* branch_description(bool video) {
    return video ? "capsfilter caps=video/x-raw ! queue ! videoconvert ! videoscale"
                 : "capsfilter caps=audio/x-raw ! queue ! audioconvert ! audioresample";
}

} // namespace

Result<std::unique_ptr<Mixer>> Mixer::create(GstBin* pipeline, GstElement* recorder,
                                             const MixSettings& settings) {
    std::unique_ptr<Mixer> mixer(new Mixer(pipeline, recorder, settings));
    if (auto built = mixer->build(); !built)
        return built.error();
    return mixer;
}

Result<void> Mixer::build() {
    GError* error = nullptr;
    auto made = sink(gst_parse_bin_from_description(description(settings_).c_str(), FALSE, &error));
    Owned<GError> owned{error};
    if (error)
        return Error{std::string("can't mix: ") + error->message};
    auto find = [&](const char* name) {
        return adopt(gst_bin_get_by_name(GST_BIN(made.get()), name));
    };
    video_.mixer = find("pictures");
    video_.valve = find("picture-valve");
    video_.tee = find("picture-out");
    audio_.mixer = find("sounds");
    audio_.valve = find("sound-valve");
    audio_.tee = find("sound-out");
    gst_bin_add(pipeline_, made.get());
    return {};
}

void Mixer::add(GstPad* pad) {
    std::lock_guard lock(mutex_);
    bool video = g_str_has_prefix(GST_PAD_NAME(pad), "video");
    auto& output = video ? video_ : audio_;
    GError* error = nullptr;
    auto bin = sink(gst_parse_bin_from_description(branch_description(video), TRUE, &error));
    Owned<GError> owned{error};
    auto into = adopt(gst_element_request_pad_simple(output.mixer.get(), "sink_%u"));
    if (error || !into) {
        GST_ELEMENT_WARNING(recorder_, STREAM, FAILED, ("%s can't be mixed", GST_PAD_NAME(pad)),
                            ("%s", error ? error->message : "no pad"));
        return;
    }
    auto* parent = GST_BIN(GST_OBJECT_PARENT(output.mixer.get()));
    gst_bin_add(parent, bin.get());
    auto first = adopt(gst_element_get_static_pad(bin.get(), "sink"));
    auto last = adopt(gst_element_get_static_pad(bin.get(), "src"));
    gst_pad_link(last.get(), into.get());
    gst_element_sync_state_with_parent(bin.get());
    auto name = std::string("from-") + GST_PAD_NAME(pad);
    auto* ghost = gst_ghost_pad_new(name.c_str(), first.get());
    gst_pad_set_active(ghost, TRUE);
    gst_element_add_pad(GST_ELEMENT(parent), ghost);
    gst_pad_link(pad, ghost);
    branches_.push_back({retain(pad), bin, into, video});
    arrange();
    if (branches_.size() == 1)
        start_recording();
}

void Mixer::remove(GstPad* pad) {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(branches_.begin(), branches_.end(),
                              [&](const auto& branch) { return branch.from.get() == pad; });
    if (found == branches_.end())
        return;
    auto branch = *found;
    branches_.erase(found);
    auto& mixer = (branch.video ? video_ : audio_).mixer;
    auto* parent = GST_ELEMENT(GST_OBJECT_PARENT(mixer.get()));
    auto name = std::string("from-") + GST_PAD_NAME(pad);
    if (auto ghost = adopt(gst_element_get_static_pad(parent, name.c_str()))) {
        gst_pad_unlink(pad, ghost.get());
        gst_element_remove_pad(parent, ghost.get());
    }
    // First the mixer's pad: it lets go of the thread that may be waiting in it.
    gst_element_release_request_pad(mixer.get(), branch.into.get());
    gst_element_set_locked_state(branch.bin.get(), TRUE);
    gst_element_set_state(branch.bin.get(), GST_STATE_NULL);
    gst_bin_remove(GST_BIN(parent), branch.bin.get());
    arrange();
    if (branches_.empty())
        stop_recording();
}

void Mixer::arrange() {
    auto count = guint(std::count_if(branches_.begin(), branches_.end(),
                                     [](const auto& branch) { return branch.video; }));
    guint index = 0;
    for (const auto& branch : branches_) {
        if (!branch.video)
            continue;
        auto cell = grid_cell(index++, count, settings_.width, settings_.height);
        g_object_set(branch.into.get(), "xpos", cell.x, "ypos", cell.y, "width", cell.width,
                     "height", cell.height, "zorder", index, nullptr);
        gst_util_set_object_arg(G_OBJECT(branch.into.get()), "sizing-policy", "keep-aspect-ratio");
    }
}

void Mixer::start_recording() {
    for (auto* output : {&video_, &audio_}) {
        auto* parent = GST_ELEMENT(GST_OBJECT_PARENT(output->tee.get()));
        output->from = adopt(gst_element_request_pad_simple(output->tee.get(), "src_%u"));
        output->into = adopt(
            gst_element_request_pad_simple(recorder_, (std::string(output->kind) + "_%u").c_str()));
        auto* ghost = gst_ghost_pad_new(output->kind, output->from.get());
        gst_pad_set_active(ghost, TRUE);
        gst_element_add_pad(parent, ghost);
        gst_pad_link(ghost, output->into.get());
        g_object_set(output->valve.get(), "drop", FALSE, nullptr);
    }
}

void Mixer::stop_recording() {
    for (auto* output : {&video_, &audio_}) {
        auto* parent = GST_ELEMENT(GST_OBJECT_PARENT(output->tee.get()));
        g_object_set(output->valve.get(), "drop", TRUE, nullptr);
        auto ghost = adopt(gst_element_get_static_pad(parent, output->kind));
        gst_pad_unlink(ghost.get(), output->into.get());
        gst_element_release_request_pad(recorder_, output->into.get());
        gst_element_remove_pad(parent, ghost.get());
        gst_element_release_request_pad(output->tee.get(), output->from.get());
        output->from.reset();
        output->into.reset();
    }
}

} // namespace rtc
