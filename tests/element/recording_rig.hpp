// What the recorder's tests share: encoded media made once, pads that feed it as calls do, and the
// judging of files by ffprobe and ffmpeg.
#pragma once

#include "plugins/rtc/calltags.hpp"
#include "signaling/base/refs.hpp"

#include <json-glib/json-glib.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rtc {
RTC_REF_TRAITS(JsonObject, json_object_ref, json_object_unref);
}

namespace rtc::test {

constexpr guint seconds_of_media = 3;
constexpr guint video_frames = 30 * seconds_of_media; // a keyframe each second
constexpr guint audio_frames = 50 * seconds_of_media; // of 20 ms

// Encoded media: "h264", "h264-large", "h265", "vp8", "vp8-large", "vp9", "vp9-rtp", "opus",
// "pcmu", "pcma". Timestamps start at 0. Made at the first call.
const std::vector<Ref<GstSample>>& media(const std::string& name);

// A folder of its own, removed with all that is in it.
class Folder {
public:
    Folder();
    ~Folder();
    std::string file(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }
    bool has(const std::string& name) const;
    // File names, sorted, of this folder alone, or of one below.
    std::vector<std::string> list(const std::string& below = "") const;

private:
    std::string path_;
};

// rtcrecordsink in a pipeline that is playing.
class Rig {
public:
    explicit Rig(const std::string& location,
                 const std::function<void(GstElement*)>& set_up = nullptr);
    ~Rig();
    GstElement* sink() const { return sink_.get(); }
    GstElement* pipeline() const { return pipeline_.get(); }
    // The next element message of that name; fails the test when none comes, or an error does.
    Ref<GstMessage> wait_for(const char* name);
    bool comes(const char* name, GstClockTime within); // and takes it
    // The same for message types; warnings are kept for it, too.
    Ref<GstMessage> wait_for_type(GstMessageType type);
    bool is_waiting(GstMessageType type); // one has come and was not taken
    void stop();                          // to NULL

private:
    Ref<GstMessage> take(const std::function<bool(GstMessage*)>& fits, GstClockTime timeout);
    Ref<GstElement> pipeline_;
    Ref<GstElement> sink_;
    Ref<GstBus> bus_;
    std::vector<Ref<GstMessage>> kept_;
};

// One track of a call: a source pad linked to a request pad of the recorder.
class Feed {
public:
    // group 0: its stream-start has no group id.
    Feed(Rig& rig, const std::string& media_name, guint group, const std::string& stream_id,
         const std::string& session = "", const std::string& peer = "",
         const std::string& room = "");
    // Linked, and silent until begin().
    Feed(Rig& rig, const std::string& media_name);
    ~Feed();
    void begin(guint group, const std::string& stream_id, const std::string& session = "",
               const std::string& peer = "", const std::string& room = "");
    // Frames [from, to) of the media, moved by offset; the media's frame number is its time.
    void push(guint from, guint to, GstClockTimeDiff offset = 0);
    // What is pushed next is marked as coming after a loss.
    void lose() { lost_ = true; }
    void push_all() { push(0, G_MAXUINT); }
    // Goes on with other media on the same pad.
    void change(const std::string& media_name);
    void tell(Ref<GstEvent> event);      // serialized with the media
    void end();                          // EOS
    void end(const std::string& reason); // of the call
    void release();                      // the recorder's pad is given back
    guint keyframe_requests() const { return keyframe_requests_; }

private:
    Rig& rig_;
    std::string name_;
    Ref<GstPad> source_;
    Ref<GstPad> target_;
    guint keyframe_requests_ = 0;
    bool lost_ = false;
};

struct ProbedStream {
    std::string codec; // ffprobe's name: "h264", "vp8", "opus", …
    int width = 0;
    guint frames = 0; // decoded
    double start = 0; // seconds
};
struct Probed {
    double duration = 0; // seconds
    std::vector<ProbedStream> streams;
    const ProbedStream* find(const std::string& codec) const;
};

// Reads a file with ffprobe and decodes every frame with ffmpeg; fails the test when either has
// something to say against it.
Probed judge(const std::string& path, bool may_complain = false);
// Frames that decode of a file that may be cut off anywhere.
guint count_frames(const std::string& path);
// The widths of a file's pictures, each once, in order.
std::vector<int> picture_widths(const std::string& path);
// The manifest, to be read with json-glib.
Ref<JsonObject> read_manifest(const std::string& path);
// A member of the manifest beside a file: "reason", "state", "session".
std::string manifest_text(const std::string& path, const char* member);

std::string text_of(GstMessage* message, const char* field);
guint64 number_of(GstMessage* message, const char* field);

#define RTC_ASSERT_NEAR(got, expected, tolerance)                                                  \
    g_assert_cmpfloat_with_epsilon(double(got), double(expected), double(tolerance))

} // namespace rtc::test
