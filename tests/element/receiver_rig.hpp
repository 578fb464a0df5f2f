// Two pipelines and a receiver between them: a session that sends live RTP, and an application
// whose bin has the output pad, as rtcsrc has.
#pragma once

#include "plugins/receive/receiver.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rtc::test {

// What goes by at a pad, kept by a probe. Waiting has a deadline and fails the test past it.
class Watch {
public:
    struct Picture {
        GstClockTime pts;
        bool keyframe;
    };
    explicit Watch(GstPad* pad);
    ~Watch();
    Watch(const Watch&) = delete;

    void wait_for(size_t count);           // until so many buffers went by
    void wait_for_time(GstClockTime span); // until the last came so long after the first
    // Looks again at each buffer and event.
    void wait_until(const std::function<bool()>& satisfied, const char* what);
    size_t count();
    std::vector<Picture> pictures();
    // Events of a type, down or up.
    std::vector<Ref<GstEvent>> events(GstEventType type);
    size_t keyframe_requests();

private:
    struct Seen;
    const std::shared_ptr<Seen> seen_; // the probe's too: it may run when the watch is gone
    Ref<GstPad> pad_;
    gulong id_;
};

extern const char* const vp8;  // sends by gst-launch syntax; each one's payloader is "pay", and it
extern const char* const h264; // makes a keyframe only at the start and when asked
extern const char* const opus;
extern const char* const pcmu;

struct Rig {
    struct Options {
        std::function<bool()> gate;
        guint keyframe_interval_ms = 1000;
        Rig* application = nullptr; // to share the application's pipeline with
        const char* pad_name = "video_0";
    };
    Rig(const char* codec_name, const char* sender);
    Rig(const char* codec_name, const char* sender, Options options);
    ~Rig();
    Rig(const Rig&) = delete;

    // Adds elements to the application, in gst-launch syntax, and starts them. Returns their bin.
    GstElement* add(const char* description);
    // And links the output to them: to the one named "head", or to the only open sink pad.
    GstElement* link(const char* description);
    void link_to(GstElement* bin);
    void unlink();
    // Plays the application, then the session.
    void play();
    void stop_session();
    Ref<GstPad> pad(const char* element, const char* name); // of the session
    Ref<GstPad> sink_of(GstElement* in, const char* name = "sink");
    void assert_session_is_well();

    Ref<GstElement> session;
    Ref<GstElement> application;
    Ref<GstElement> source; // the stand-in for rtcsrc
    Ref<GstPad> output;
    Ref<GstPad> rtp_pad;
    Ref<GstTagList> tags;
    guint group_id = gst_util_group_id_next();
    std::shared_ptr<Receiver> receiver;
};

} // namespace rtc::test
