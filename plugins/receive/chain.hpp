// The elements between a track's RTP and its output: nothing (RTP), depayload and parse (encoded),
// or these and a decoder (raw).
#pragma once

#include "plugins/receive/form.hpp"
#include "signaling/base/result.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>

namespace rtc {

struct ElementError {
    std::string factory; // of the element that posted it; "" where that is none
    std::string text;
    std::string detail; // for who debugs it
};
ElementError parse_element_error(GstMessage* message);

// Life: built and destroyed on the track's streaming thread while no packet is in it, or, when the
// session's pipeline has stopped, anywhere. The elements sit in a bin of their own, which keeps
// their errors from the session.
class Chain {
public:
    struct Request {
        const Codec* codec = nullptr;
        Form form = Form::encoded;
        const GstCaps* peer_caps = nullptr;      // raw: what the decoder must give
        std::set<std::string> unwanted_decoders; // factory names
        // What an element posts on the bus: true keeps it from going on to the session's pipeline.
        // Called from any thread.
        std::function<bool(GstMessage*)> message;
        // Each picture in the encoded stream, on the streaming thread: false drops it.
        std::function<bool(GstBuffer*)> picture;
        // Something is left out that may not be decoded, and why, on the streaming thread.
        std::function<void(const std::string&)> warning;
    };

    // Adds the elements to `parent`, links them between `feed`, a source pad, and `exit`, a sink
    // pad, and brings them to the parent's state.
    static Result<std::unique_ptr<Chain>> build(GstBin* parent, GstPad* feed, GstPad* exit,
                                                const Request& request);
    ~Chain();
    Form form() const { return form_; }

private:
    Chain(GstPad* feed, GstPad* exit, Form form);
    Result<void> add(Ref<GstElement> element);
    Result<void> fill(const Request& request);
    void watch_pictures(const Request& request);

    Ref<GstPad> feed_;
    Ref<GstPad> exit_;
    Form form_;
    Ref<GstElement> bin_; // this and the next two: nullptr for RTP
    Ref<GstElement> first_;
    Ref<GstElement> last_;
};

} // namespace rtc
