// What stands behind the pads that make_output_pad() makes: where their queries and their upstream
// events go. Until a receiver is attached, and after it is gone, the pad answers by itself.
#pragma once

#include "signaling/base/refs.hpp"

#include <memory>
#include <string>

namespace rtc {

// The receiver, as its output pad sees it. Called from any thread.
class OutputListener {
public:
    virtual ~OutputListener() = default;
    // A query of downstream's, caps aside: true where it was answered.
    virtual bool output_query(GstQuery* query) = 0;
    virtual bool output_event(Ref<GstEvent> event) = 0;
};

// The pad must be one of make_output_pad(). Holds the listener weakly.
void attach_output_listener(GstPad* output, std::weak_ptr<OutputListener> listener);

// A warning of the element that has the pad, and in the log. From any thread.
void warn_about_output(GstPad* output, const std::string& text, const std::string& detail);
// Tells the application that the latency has become known, or another. From any thread.
void post_output_latency(GstPad* output);

} // namespace rtc
