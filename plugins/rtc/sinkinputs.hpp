// The inputs of rtcsink: its request pads with their streams, what peers see of them, and whether
// there is something to see yet. All functions may be called from any thread.
#pragma once

#include "plugins/publish/stream.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace rtc {

class SinkInputs {
public:
    // How long an input that has not begun is waited for.
    static constexpr auto patience = std::chrono::milliseconds(3000);

    // Pads may be asked for by several threads at once, as linking by `:` does: a name is taken
    // before its pad is there, and given back after it has gone. nullptr: the next that is free.
    std::string take_name(Kind kind, const char* requested);
    void give_back(const std::string& name);

    void add(Ref<GstPad> pad, std::shared_ptr<InputStream> stream);
    // nullptr where there is no such pad.
    std::shared_ptr<InputStream> remove(GstPad* pad);

    std::vector<std::shared_ptr<InputStream>> streams() const;
    // The streams as peers see them, in the order of their first pads: pads that are rungs of one
    // are joined.
    std::vector<std::shared_ptr<Stream>> publications() const;
    std::vector<Encoding> encodings() const;

    enum class Liveness {
        none,    // nothing can be sent
        partial, // something can, and more is to come: to be asked again after `patience`
        live,
    };
    // A peer that came before the camera's first frame would never see it: an input that has not
    // begun is waited for, and so is what an rtcsrc has announced, but not for ever.
    Liveness update_liveness();

    // Whether the stream of this name is one of an rtcsrc: it ends with its session, and the
    // pipeline goes on.
    bool is_call(const std::string& name) const;
    bool only_calls() const;

private:
    struct Input {
        Ref<GstPad> pad;
        std::shared_ptr<InputStream> stream;
        bool begun = false; // it has been live
    };

    mutable std::mutex mutex_;
    std::vector<Input> inputs_;
    std::set<std::string> names_;
    gint64 first_live_ = 0; // monotonic, microseconds
};

} // namespace rtc
