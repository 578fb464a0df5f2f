#include "plugins/transport/batch.hpp"
#include "plugins/transport/linktrack.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace rtc {
namespace {

constexpr size_t max_queued = 2048;
constexpr GstClockTime report_interval = GST_SECOND;

} // namespace

std::shared_ptr<DirectLink> DirectLink::create(Settings settings) {
    return std::shared_ptr<DirectLink>(new DirectLink(std::move(settings)));
}

DirectLink::DirectLink(Settings settings)
    : thread_(SendThread::next())
    , settings_(std::move(settings))
    , sealer_(settings_.key)
    , control_(settings_.bandwidth) {
    settings_.key = {};
}

DirectLink::~DirectLink() = default;

std::shared_ptr<Transport> DirectLink::add_track(TrackSettings settings) {
    auto track = std::make_shared<Track>(weak_from_this(), std::move(settings));
    Lock lock(tracks_mutex_);
    tracks_.push_back(track);
    return track;
}

std::shared_ptr<DirectLink::Track> DirectLink::find(guint32 ssrc) const {
    Lock lock(tracks_mutex_);
    for (const auto& track : tracks_)
        if (track->settings.parameters.ssrc == ssrc)
            return track;
    return nullptr;
}

void DirectLink::queue(Queued queued) {
    Lock lock(queue_mutex_);
    if (closed_ || queue_.size() >= max_queued) {
        statistics_.dropped++;
        return;
    }
    queue_.push_back(std::move(queued));
}

// Requests for keyframes go on at once; the rest is for the send thread.
void DirectLink::received_rtcp(std::span<const guint8> packet) {
    auto messages = rtcp::parse(packet, MIN(numbered_.load(), rtcp::most_reported));
    for (const auto& message : messages)
        if (const auto* request = std::get_if<rtcp::KeyframeRequest>(&message))
            if (auto track = find(request->ssrc)) {
                {
                    Lock lock(queue_mutex_);
                    statistics_.keyframe_requests++;
                }
                track->settings.keyframe_needed();
            }
    {
        Lock lock(queue_mutex_);
        if (closed_ || messages_.size() > 1000)
            return;
        std::ranges::move(messages, std::back_inserter(messages_));
    }
    wake();
}

void DirectLink::close() {
    Lock running(running_);
    {
        Lock lock(queue_mutex_);
        closed_ = true;
        queue_.clear();
        messages_.clear();
    }
    settings_.path.reset();
    Lock lock(tracks_mutex_);
    tracks_.clear();
}

SendStatistics DirectLink::statistics() const {
    Lock lock(queue_mutex_);
    return statistics_;
}

GstClockTime DirectLink::run(GstClockTime now) {
    Lock running(running_);
    std::vector<rtcp::Message> messages;
    std::vector<Queued> queued;
    {
        Lock lock(queue_mutex_);
        if (closed_)
            return GST_CLOCK_TIME_NONE;
        std::swap(messages, messages_);
        std::swap(queued, queue_);
    }
    for (const auto& message : messages)
        answer(message, now);
    take_turns(std::move(queued));
    auto next = send_waiting(now);
    if (now >= next_report_)
        send_reports(now);
    flush_batch();
    tell_estimate(now);
    {
        Lock lock(queue_mutex_);
        statistics_.packets += counted_.packets;
        statistics_.bytes += counted_.bytes;
        statistics_.retransmitted += counted_.retransmitted;
        statistics_.refused += counted_.refused;
        statistics_.protecting += counted_.protecting;
        statistics_.dropped += counted_.dropped;
        statistics_.nacks += counted_.nacks;
        statistics_.estimate = control_.target();
    }
    counted_ = {};
    return MIN(next, next_report_);
}

void DirectLink::take_turns(std::vector<Queued> queued) {
    for (auto& each : queued) {
        waiting_bytes_ += each.packet->bytes().size();
        (each.track->settings.sound ? sound_ : pictures_).push_back(std::move(each));
    }
}

// What may go now. When the next may; none: nothing waits.
GstClockTime DirectLink::send_waiting(GstClockTime now) {
    bool can_pad = bool(repaired_track());
    while (!sound_.empty() || !pictures_.empty()) {
        auto next = control_.next(pictures_.size(), waiting_bytes_, can_pad, now);
        if (sound_.empty() && next > now)
            return next;
        auto& from = sound_.empty() ? pictures_ : sound_;
        auto queued = std::move(from.front());
        from.pop_front();
        waiting_bytes_ -= queued.packet->bytes().size();
        send_media(queued, now);
    }
    if (!control_.wants_padding())
        return GST_CLOCK_TIME_NONE;
    pad_probe(now);
    return control_.wants_padding() ? control_.next(0, 0, can_pad, now) : GST_CLOCK_TIME_NONE;
}

void DirectLink::send_reports(GstClockTime now) {
    next_report_ = now + report_interval;
    control_.tick(now);
    Lock lock(tracks_mutex_);
    for (const auto& track : tracks_)
        if (track->packets > 0)
            send_report(*track);
}

void DirectLink::tell_estimate(GstClockTime now) {
    auto pictures = control_.changed(now);
    if (!pictures)
        return;
    std::vector<std::shared_ptr<Track>> showing;
    {
        Lock lock(tracks_mutex_);
        for (const auto& track : tracks_) {
            track->retransmissions.set_budget(control_.repair_budget());
            if (!track->settings.sound)
                showing.push_back(track);
        }
    }
    guint wanted = 0;
    bool hears = control_.estimator().hears();
    for (const auto& track : showing) {
        // What protects a track is part of what it may take.
        auto taken = 1 + track->protection_rate(now);
        auto share = guint(*pictures / double(showing.size()) / taken);
        wanted = MAX(wanted, guint(track->settings.bandwidth(share, hears) * taken));
    }
    control_.set_wanted(wanted * guint(showing.size()));
}

void DirectLink::answer(const rtcp::Message& message, GstClockTime now) {
    if (const auto* report = std::get_if<rtcp::Report>(&message))
        answer(*report, now);
    else if (const auto* nack = std::get_if<rtcp::Nack>(&message))
        answer(*nack, now);
    else if (const auto* feedback = std::get_if<rtcp::Feedback>(&message))
        control_.answer(*feedback, now);
    else if (const auto* remb = std::get_if<rtcp::Remb>(&message))
        control_.answer(*remb, now);
}

void DirectLink::answer(const rtcp::Report& report, GstClockTime now) {
    auto track = find(report.ssrc);
    if (!track)
        return;
    std::optional<double> rtt;
    if (report.last_sr != 0) {
        auto middle = guint32(rtcp::ntp_time(g_get_real_time()) >> 16);
        // The peer's clock may run a little fast.
        auto passed = gint32(middle - report.last_sr - report.since_last);
        rtt = MAX(double(passed) / 65536, 0.0001);
        track->retransmissions.set_rtt(GstClockTime(*rtt * GST_SECOND));
    }
    double loss = double(report.fraction) / 256;
    auto rtt_or_none = rtt ? GstClockTime(*rtt * GST_SECOND) : GST_CLOCK_TIME_NONE;
    control_.report({loss, rtt_or_none}, now);
    auto since = track->packets - track->reported;
    track->protection.report(track->lost(loss), since, rtt_or_none, now);
    track->settings.loss(track->protection.expected_loss(now));
    Lock lock(queue_mutex_);
    statistics_.loss = loss;
    statistics_.jitter = double(report.jitter) / track->settings.clock_rate;
    statistics_.rtt = rtt.value_or(statistics_.rtt);
}

void DirectLink::send_media(const Queued& queued, GstClockTime now) {
    auto& track = *queued.track;
    ExtensionValues values;
    if (track.settings.extensions.any() &&
        track.tells_more(queued.fields, queued.packet->starts_keyframe, now)) {
        values.playout_delay = track.settings.playout_delay;
        if (track.settings.extensions.abs_capture_time)
            values.abs_capture_time = capture_time(queued.pts);
    }
    auto payload = queued.packet->bytes();
    auto fields = queued.fields;
    fields.sequence += track.inserted;
    Outgoing outgoing{.fields = fields,
                      .values = values,
                      .payload = payload,
                      .rollover = track.rollover.next(fields.sequence),
                      .traffic = track.settings.sound ? Traffic::sound : Traffic::media};
    track.encapsulate(outgoing, fields.payload_type);
    seal(track, outgoing, now);
    if (track.settings.retransmits)
        track.retransmissions.sent(queued.packet, fields, values);
    track.packets++;
    track.payload_bytes += guint32(payload.size());
    track.last_pts = queued.pts;
    track.last_timestamp = queued.fields.timestamp;
    counted_.packets++;
    counted_.bytes += payload.size() + 12;
    if (track.settings.fec)
        protect(track, {.fields = fields, .packet = queued.packet}, values, now);
}

void DirectLink::seal(Track& track, const Outgoing& packet, GstClockTime now) {
    const auto& fields = packet.fields;
    if (max_rtp_header + packet.prefix.size() + packet.payload.size() + srtp_tag_size >
        max_packet) {
        counted_.dropped++;
        return;
    }
    std::array<guint8, sizeof packet.prefix + sizeof fields.start> start;
    auto* end = std::copy_n(packet.prefix.begin(), packet.prefix_size, start.data());
    end = std::copy_n(fields.start.begin(), fields.start_size, end);
    auto values = packet.values;
    if (track.settings.extensions.transport_cc) {
        values.transport_cc = transport_sequence_++;
        numbered_++;
    }
    std::array<guint8, max_rtp_header> header;
    auto size = write_rtp_header(fields, track.settings.extensions, values, header.data());
    control_.sent(values.transport_cc, guint(size + packet.payload.size()), packet.traffic, now);
    auto& out = batch();
    auto sealed =
        sealer_.seal_rtp(std::span(header).first(size), packet.payload.subspan(fields.start_size),
                         packet.rollover, out.slot(), std::span(start.data(), end));
    if (sealed == 0) {
        counted_.dropped++;
        return;
    }
    out.add(sealed);
    if (out.count == Batch::room)
        flush_batch();
}

void DirectLink::flush_batch() {
    auto& out = batch();
    if (out.count == 0)
        return;
    auto sent = settings_.path->send(std::span(out.datagrams).first(out.count));
    counted_.dropped += out.count - sent;
    out.count = 0;
}

// When a moment of running time was, by the clock on the wall.
guint64 DirectLink::capture_time(GstClockTime pts) const {
    auto running = settings_.running_time();
    gint64 age = GST_CLOCK_TIME_IS_VALID(running) && GST_CLOCK_TIME_IS_VALID(pts)
                     ? GST_CLOCK_DIFF(pts, running) / 1000
                     : 0;
    return rtcp::ntp_time(g_get_real_time() - age);
}

// The timestamp that belongs to now, by the last packet's and the clock that all are stamped by.
void DirectLink::send_report(Track& track) {
    auto timestamp = track.last_timestamp;
    auto running = settings_.running_time();
    if (GST_CLOCK_TIME_IS_VALID(running) && GST_CLOCK_TIME_IS_VALID(track.last_pts)) {
        double seconds = double(GST_CLOCK_DIFF(track.last_pts, running)) / GST_SECOND;
        timestamp += guint32(gint64(seconds * track.settings.clock_rate));
    }
    auto packet = rtcp::write({.ssrc = track.settings.parameters.ssrc,
                               .ntp = rtcp::ntp_time(g_get_real_time()),
                               .timestamp = timestamp,
                               .packets = track.packets,
                               .bytes = track.payload_bytes},
                              settings_.cname);
    auto& out = batch();
    std::memcpy(out.slot(), packet.data(), packet.size());
    auto sealed = sealer_.seal_rtcp(out.slot(), packet.size(), track.reports++);
    if (sealed == 0)
        return;
    out.add(sealed);
    if (out.count == Batch::room)
        flush_batch();
}

} // namespace rtc
