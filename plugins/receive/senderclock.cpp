#include "plugins/receive/senderclock.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace rtc {
namespace {

constexpr gint64 ns_per_s = 1000000000;
constexpr gint64 slew = 10;                   // a correction takes so many times its length
constexpr gint64 drift = 1000;                // the offset moves by this part of the time
constexpr gint64 leap = ns_per_s / 2;         // the sender's clock was set anew
constexpr gint64 jitter = ns_per_s / 10;      // of a packet's way
constexpr gint64 unbelievable = 3 * ns_per_s; // streams don't have the clock that they claim
constexpr gint64 stretch = 5 * ns_per_s;      // in which the drift is looked at
constexpr size_t most_streams = 64;

gint64 limited(gint64 value, gint64 limit) {
    return std::clamp(value, -limit, limit);
}

} // namespace

gint64 SenderClock::captured(const Stream& stream, guint32 rtp) {
    auto ticks = gint64(gint32(rtp - stream.report.rtp));
    auto rate = gint64(stream.report.clock_rate);
    return stream.report.wall + ticks / rate * ns_per_s + ticks % rate * ns_per_s / rate +
           stream.skipped;
}

void SenderClock::report(const Report& report) {
    if (report.clock_rate == 0)
        return;
    std::lock_guard lock(mutex_);
    if (streams_.size() >= most_streams && !streams_.contains(report.ssrc))
        return;
    auto& stream = streams_[report.ssrc];
    if (stream.begun && stream.report.cname == report.cname) {
        auto before = captured(stream, stream.last_rtp);
        stream.report = report;
        stream.skipped = 0;
        auto moved = captured(stream, stream.last_rtp) - before;
        stream.rest -= moved;
        stream.last += moved;
        if (stream.lag)
            *stream.lag -= moved;
        if (std::abs(moved) > leap) // it was set anew
            stream.forget_drift();
    } else {
        stream.report = report;
        stream.skipped = 0;
        stream.lag.reset();
        stream.forget_drift();
        stream.begun = false;
    }
}

// What the others were given stays where it was; they get to the new offset step by step.
void SenderClock::lead(Stream& stream, Source& source, gint64 offset) {
    auto change = offset - source.offset;
    for (auto& [ssrc, other] : streams_)
        if (other.begun && other.report.cname == stream.report.cname)
            other.rest -= change;
    source.offset = offset;
    source.leader = stream.report.ssrc;
}

void SenderClock::begin(Stream& stream, Source& source, gint64 offset) {
    if (!source.leader) {
        source.leader = stream.report.ssrc;
        source.offset = offset;
    } else if (offset > source.offset && offset - source.offset < unbelievable) {
        lead(stream, source, offset);
    }
    stream.begun = true;
    stream.rest = offset - source.offset;
}

void SenderClock::skip_hole(Stream& stream, guint32 rtp, gint64 time) {
    auto lag = time - captured(stream, rtp);
    if (stream.lag && lag - *stream.lag > leap) {
        stream.skipped += lag - *stream.lag;
        stream.lag_before = lag = *stream.lag;
    } else if (stream.skipped > 0 && lag < stream.lag_before - jitter) {
        auto back = std::min(stream.skipped, stream.lag_before - lag);
        stream.skipped -= back;
        lag += back;
    }
    stream.lag = lag;
}

void SenderClock::watch(Stream& stream, gint64 time) {
    auto lag = *stream.lag;
    if (stream.now && time - stream.now->from < stretch) {
        stream.now->least = std::min(stream.now->least, lag);
        return;
    }
    // In the very first one, things are still settling.
    if (stream.last_whole && !stream.first)
        stream.first = stream.now;
    stream.last_whole = stream.now;
    stream.now = Stream::Stretch{time, lag};
}

std::optional<SenderClockNews> SenderClock::measure(guint32 ssrc) {
    std::lock_guard lock(mutex_);
    auto found = streams_.find(ssrc);
    if (found == streams_.end() || !found->second.first)
        return std::nullopt;
    const auto& stream = found->second;
    return SenderClockNews{stream.last_whole->from - stream.first->from,
                           stream.first->least - stream.last_whole->least, stream.rest};
}

gint64 SenderClock::place(guint32 ssrc, guint32 rtp, gint64 time) {
    std::lock_guard lock(mutex_);
    auto found = streams_.find(ssrc);
    if (found == streams_.end())
        return time;
    auto& stream = found->second;
    auto& source = sources_[stream.report.cname];
    skip_hole(stream, rtp, time);
    auto capture = captured(stream, rtp);
    auto offset = time - capture;
    if (!stream.begun) {
        begin(stream, source, offset);
        stream.last = capture;
    }
    watch(stream, time);
    auto elapsed = std::clamp(capture - stream.last, gint64(0), unbelievable);
    stream.last = std::max(stream.last, capture);
    stream.last_rtp = rtp;
    if (source.leader == ssrc) {
        if (std::abs(offset - source.offset) > leap)
            lead(stream, source, offset);
        auto step = limited(offset - source.offset, elapsed / drift);
        source.offset += step;
    } else if (std::abs(offset - source.offset) > unbelievable) {
        return time;
    }
    stream.rest -= limited(stream.rest, elapsed / slew);
    return capture + source.offset + stream.rest;
}

} // namespace rtc
