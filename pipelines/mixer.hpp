// Callers mixed into one picture and one sound: a grid of their pictures, the sum of their sounds.
//
//   black ──────────────────────┐
//   video pad ─▶ convert, scale ┴▶ compositor ─▶ valve ─▶ encoder ─▶ tee ─▶ recorder
//   silence ────────────────────┐
//   audio pad ─▶ convert ───────┴▶ audiomixer ─▶ valve ─▶ encoder ─▶ tee ─▶ recorder
//
// Life: it runs from the start, but encodes only while somebody is on; from the first caller to the
// last is one recording. Pads come and go on any thread.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace rtc {

struct MixSettings {
    int width = 1280;
    int height = 720;
    int frames_per_second = 25;
    int kilobits = 2000; // of the picture, a second
};

class Mixer {
public:
    // Adds its elements to the pipeline; what it mixes goes to the recorder.
    static Result<std::unique_ptr<Mixer>> create(GstBin* pipeline, GstElement* recorder,
                                                 const MixSettings& settings);
    // rtcsrc's pads.
    void add(GstPad* pad);
    void remove(GstPad* pad);

private:
    struct Branch {
        Ref<GstPad> from;
        Ref<GstElement> bin;
        Ref<GstPad> into; // the compositor's or the audiomixer's
        bool video;
    };
    struct Output {
        const char* kind; // "video", "audio"
        Ref<GstElement> mixer, valve, tee;
        Ref<GstPad> from, into; // while there is a recording
    };
    Mixer(GstBin* pipeline, GstElement* recorder, MixSettings settings)
        : pipeline_(pipeline)
        , recorder_(recorder)
        , settings_(settings) {}
    Result<void> build();
    void arrange();
    void start_recording();
    void stop_recording();

    GstBin* const pipeline_;
    GstElement* const recorder_;
    const MixSettings settings_;
    std::mutex mutex_; // for what follows
    Output video_{"video", {}, {}, {}, {}, {}};
    Output audio_{"audio", {}, {}, {}, {}, {}};
    std::vector<Branch> branches_;
};

} // namespace rtc
