// What the demo shows: a scene of its own, the camera, or a file, as the text of a pipeline that
// ends in an element `live`.
#pragma once

#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"

#include <string>

struct Shown {
    bool camera = false;
    std::string file; // or empty
};

rtc::Result<std::string> shown_pipeline(const Shown& shown);
// Adds camera and microphone to a pipeline that shown_pipeline() made for them.
rtc::Result<void> add_camera(GstElement* pipeline);
