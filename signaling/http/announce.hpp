// Where peers can reach a signaling element, told to the application.
#pragma once

#include "signaling/lib/rtcsignaling.h"

#include <string>
#include <vector>

namespace rtc::http {

inline void announce(GstRtcSignaling* element, const std::vector<std::string>& urls) {
    std::vector<const char*> uris;
    for (const auto& url : urls)
        uris.push_back(url.c_str());
    uris.push_back(nullptr);
    if (uris[0])
        gst_rtc_signaling_announce(element, uris.data());
}

} // namespace rtc::http
