#include "plugins/rtc/sinkinputs.hpp"

#include "plugins/publish/joinedstream.hpp"
#include "plugins/rtc/calltags.hpp"

#include <algorithm>
#include <map>

namespace rtc {
namespace {

// A call's tracks begin one after the other: more of them than are here may come.
class CallsToCome {
public:
    void count(GstPad* pad) {
        auto event = adopt(gst_pad_get_sticky_event(pad, GST_EVENT_STREAM_START, 0));
        guint group = 0;
        if (!event || !gst_event_parse_group_id(event.get(), &group))
            return;
        auto& call = calls_[group];
        call.here++;
        call.announced = announced_tracks(event.get());
    }
    bool any() const {
        return std::ranges::any_of(
            calls_, [](const auto& entry) { return entry.second.here < entry.second.announced; });
    }

private:
    struct Call {
        guint here = 0;
        guint announced = 0;
    };
    std::map<guint, Call> calls_; // by group id
};

} // namespace

std::string SinkInputs::take_name(Kind kind, const char* requested) {
    std::lock_guard lock(mutex_);
    if (requested)
        return *names_.insert(requested).first;
    for (guint number = 0;; number++) {
        auto [name, taken] =
            names_.insert(std::string(to_string(kind)) + "_" + std::to_string(number));
        if (taken)
            return *name;
    }
}

void SinkInputs::give_back(const std::string& name) {
    std::lock_guard lock(mutex_);
    names_.erase(name);
}

void SinkInputs::add(Ref<GstPad> pad, std::shared_ptr<InputStream> stream) {
    std::lock_guard lock(mutex_);
    inputs_.push_back({std::move(pad), std::move(stream)});
}

std::shared_ptr<InputStream> SinkInputs::remove(GstPad* pad) {
    std::lock_guard lock(mutex_);
    auto found = std::ranges::find_if(inputs_, [&](auto& i) { return i.pad.get() == pad; });
    if (found == inputs_.end())
        return nullptr;
    auto stream = std::move(found->stream);
    inputs_.erase(found);
    return stream;
}

std::vector<std::shared_ptr<InputStream>> SinkInputs::streams() const {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<InputStream>> result;
    for (const auto& input : inputs_)
        result.push_back(input.stream);
    return result;
}

std::vector<std::shared_ptr<Stream>> SinkInputs::publications() const {
    std::vector<std::string> order;
    std::map<std::string, std::map<guint, std::shared_ptr<InputStream>>> rungs;
    for (const auto& stream : streams()) {
        auto name = read_rung_name(stream->id());
        if (!rungs.contains(name.stream))
            order.push_back(name.stream);
        rungs[name.stream][name.rung] = stream;
    }
    std::vector<std::shared_ptr<Stream>> result;
    for (const auto& id : order) {
        std::vector<std::shared_ptr<InputStream>> parts;
        for (const auto& [rung, stream] : rungs[id])
            parts.push_back(stream);
        if (parts.size() == 1 && parts.front()->id() == id)
            result.push_back(parts.front());
        else
            result.push_back(std::make_shared<JoinedStream>(id, std::move(parts)));
    }
    return result;
}

std::vector<Encoding> SinkInputs::encodings() const {
    std::vector<Encoding> result;
    for (const auto& stream : streams()) {
        auto name = read_rung_name(stream->id());
        for (auto& encoding : stream->encodings()) {
            encoding.stream = name.stream;
            encoding.rung += name.rung;
            result.push_back(std::move(encoding));
        }
    }
    return result;
}

SinkInputs::Liveness SinkInputs::update_liveness() {
    std::lock_guard lock(mutex_);
    bool live = false, pending = false;
    CallsToCome calls;
    for (auto& input : inputs_) {
        input.begun = input.begun || input.stream->live();
        pending = pending || !input.begun;
        if (input.stream->live()) {
            live = true;
            calls.count(input.pad.get());
        }
    }
    if (!live) {
        first_live_ = 0;
        return Liveness::none;
    }
    if (first_live_ == 0)
        first_live_ = g_get_monotonic_time();
    auto waited = std::chrono::microseconds(g_get_monotonic_time() - first_live_);
    return (pending || calls.any()) && waited < patience ? Liveness::partial : Liveness::live;
}

bool SinkInputs::is_call(const std::string& name) const {
    std::lock_guard lock(mutex_);
    auto found = std::ranges::find_if(inputs_, [&](auto& i) { return i.stream->id() == name; });
    return found != inputs_.end() && carries_call(found->pad.get());
}

bool SinkInputs::only_calls() const {
    std::lock_guard lock(mutex_);
    return std::ranges::all_of(inputs_, [](auto& i) { return carries_call(i.pad.get()); });
}

} // namespace rtc
