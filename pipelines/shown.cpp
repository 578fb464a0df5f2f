#include "pipelines/shown.hpp"

#include <gst/pbutils/pbutils.h>

#include <utility>

using namespace rtc;

namespace {

std::string quoted(const std::string& text) {
    Owned<char> escaped{g_strescape(text.c_str(), nullptr)};
    return std::string("\"") + escaped.get() + "\"";
}

constexpr char picture_caps[] = "video/x-raw,width=1280,height=720,framerate=30/1";

std::string scene() {
    // A ball sweeps over a dark stage, under a running clock; a soft tone is heard.
    return std::string("videotestsrc is-live=true pattern=ball motion=sweep "
                       "background-color=0xff16213e foreground-color=0xfff0a500 ! ") +
           picture_caps +
           " ! textoverlay text=\"Live auction · Lot 42\" valignment=top font-desc=\"Sans 22\" "
           "! timeoverlay halignment=left valignment=bottom font-desc=\"Sans 20\" "
           "! clockoverlay halignment=right valignment=bottom time-format=%H:%M:%S "
           "font-desc=\"Sans 20\" ! queue ! live. "
           "audiotestsrc is-live=true freq=330 volume=0.05 ! audio/x-raw,rate=48000,channels=2 "
           "! queue ! live.";
}

// The first device of a class, as something to stand in a pipeline string's place.
Ref<GstElement> first_device(const char* device_class, const char* name) {
    auto monitor = adopt(gst_device_monitor_new());
    gst_device_monitor_add_filter(monitor.get(), device_class, nullptr);
    auto* devices = gst_device_monitor_get_devices(monitor.get());
    Ref<GstElement> element;
    if (devices)
        element = sink(gst_device_create_element(GST_DEVICE(devices->data), name));
    g_list_free_full(devices, g_object_unref);
    return element;
}

// What a media file holds that can be shown.
Result<std::string> file_pipeline(const std::string& file) {
    GError* error = nullptr;
    Owned<char> uri{gst_filename_to_uri(file.c_str(), nullptr)};
    auto discoverer = adopt(gst_discoverer_new(10 * GST_SECOND, nullptr));
    auto info = adopt(gst_discoverer_discover_uri(discoverer.get(), uri.get(), &error));
    Owned<GError> owned{error};
    if (error)
        return Error{"The file " + file + " can't be shown: " + error->message};
    auto has = [&](GList* streams) {
        bool any = streams != nullptr;
        gst_discoverer_stream_info_list_free(streams);
        return any;
    };
    bool video = has(gst_discoverer_info_get_video_streams(info.get()));
    bool audio = has(gst_discoverer_info_get_audio_streams(info.get()));
    if (!video && !audio)
        return Error{"The file " + file + " holds neither video nor audio."};
    std::string text = "uridecodebin name=file uri=" + quoted(uri.get());
    if (video)
        text += " file. ! queue ! videoconvert ! videoscale ! clocksync ! live.";
    if (audio)
        text += " file. ! queue ! audioconvert ! audioresample ! clocksync ! live.";
    return text;
}

} // namespace

Result<std::string> shown_pipeline(const Shown& shown) {
    if (!shown.file.empty())
        return file_pipeline(shown.file);
    if (shown.camera)
        return std::string("videoconvert name=picture ! queue ! live. "
                           "audioconvert name=sound ! audioresample ! queue ! live.");
    return scene();
}

Result<void> add_camera(GstElement* pipeline) {
    auto camera = first_device("Video/Source", "camera");
    if (!camera)
        return Error{"No camera was found. Plug one in, or leave --camera away."};
    auto microphone = first_device("Audio/Source", "microphone");
    if (!microphone) {
        g_print("No microphone was found: a tone takes its place.\n");
        microphone = sink(gst_parse_bin_from_description(
            "audiotestsrc is-live=true freq=330 volume=0.05", TRUE, nullptr));
    }
    for (auto& [device, name] : {std::pair(camera, "picture"), std::pair(microphone, "sound")}) {
        auto target = adopt(gst_bin_get_by_name(GST_BIN(pipeline), name));
        gst_bin_add(GST_BIN(pipeline), GST_ELEMENT(device.get()));
        if (!gst_element_link(GST_ELEMENT(device.get()), target.get()))
            return Error{std::string("The device ") + name + " gives nothing that can be shown."};
    }
    return {};
}
