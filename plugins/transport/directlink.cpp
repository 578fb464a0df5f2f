#include "plugins/transport/directlink.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace rtc {
namespace {

constexpr size_t max_queued = 2048;
constexpr size_t max_packet = 1600; // bytes, sealed
constexpr GstClockTime report_interval = GST_SECOND;

// Sealed packets until they go. One for each send thread.
struct Batch {
    static constexpr size_t room = 64;
    std::array<std::array<guint8, max_packet>, room> slots;
    std::array<std::span<const guint8>, room> datagrams;
    size_t count = 0;

    guint8* slot() { return slots[count].data(); }
    void add(size_t size) {
        datagrams[count] = {slots[count].data(), size};
        count++;
    }
};
Batch& batch() {
    thread_local auto own = std::make_unique<Batch>();
    return *own;
}

// How often a growing 16-bit number has wrapped.
class Rollover {
public:
    guint32 next(guint16 sequence) {
        if (begun_ && sequence < last_)
            count_++;
        begun_ = true;
        last_ = sequence;
        return count_;
    }
    // For one that went before.
    guint32 of(guint16 sequence) const { return sequence > last_ ? count_ - 1 : count_; }

private:
    bool begun_ = false;
    guint16 last_ = 0;
    guint32 count_ = 0;
};

} // namespace

// What is sent under one SSRC, and the SSRC of its repair. Its state belongs to the send thread.
class DirectLink::Track : public Transport, public std::enable_shared_from_this<Track> {
public:
    Track(std::weak_ptr<DirectLink> link, TrackSettings given)
        : settings(std::move(given))
        , link_(std::move(link)) {}

    void send(const PacketRef& packet, const RtpFields& fields, GstClockTime pts) override {
        if (auto link = link_.lock())
            link->queue({shared_from_this(), packet, fields, pts});
    }
    void flush() override {
        if (auto link = link_.lock())
            link->wake();
    }

    // What the extensions of a packet say that come now and then: at keyframes, and once a second
    // (as libwebrtc does; the receiver fills in what is between).
    bool tells_more(const RtpFields& fields, bool keyframe, GstClockTime now) {
        bool begins = !begun || fields.timestamp != last_timestamp;
        begun = true;
        last_timestamp = fields.timestamp;
        if (!begins || (!keyframe && now < told + GST_SECOND))
            return false;
        told = now;
        return true;
    }

    const TrackSettings settings;
    Rollover rollover, repair_rollover;
    guint16 repair_sequence = guint16(g_random_int_range(0, 0x8000));
    Retransmissions retransmissions;
    ExpectedLoss expected_loss;
    guint32 packets = 0, payload_bytes = 0;
    guint32 reports = 0; // SRTCP index
    bool begun = false;
    guint32 last_timestamp = 0;
    GstClockTime told = 0;
    GstClockTime last_pts = GST_CLOCK_TIME_NONE;

private:
    std::weak_ptr<DirectLink> link_;
};

std::shared_ptr<DirectLink> DirectLink::create(Settings settings) {
    return std::shared_ptr<DirectLink>(new DirectLink(std::move(settings)));
}

DirectLink::DirectLink(Settings settings)
    : thread_(SendThread::next())
    , settings_(std::move(settings))
    , sealer_(settings_.key)
    , control_(settings_.bandwidth) {}

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
    auto messages = rtcp::parse(packet);
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

std::shared_ptr<DirectLink::Track> DirectLink::repaired_track() const {
    Lock lock(tracks_mutex_);
    for (const auto& track : tracks_)
        if (track->settings.repair && !track->settings.sound)
            return track;
    return nullptr;
}

// A probe for which too little waits is filled up with packets that have gone already, as repair:
// the peer may make use of them, or not.
void DirectLink::pad_probe(GstClockTime now) {
    auto track = repaired_track();
    guint16 back = 0;
    while (control_.wants_padding() && control_.next(0, 0, true, now) <= now) {
        const auto* sent = track ? track->retransmissions.recent(back++) : nullptr;
        if (!sent)
            return control_.end_probe();
        send_again(*track, *sent, true, now);
    }
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
    for (const auto& track : showing)
        wanted = MAX(wanted, track->settings.bandwidth(*pictures / guint(showing.size())));
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

void DirectLink::answer(const rtcp::Nack& nack, GstClockTime now) {
    auto track = find(nack.ssrc);
    if (!track || !track->settings.retransmits)
        return;
    auto refused = track->retransmissions.refused();
    for (auto sequence : nack.sequences)
        if (const auto* sent = track->retransmissions.lost(sequence, now))
            send_again(*track, *sent, false, now);
    counted_.nacks += nack.sequences.size();
    counted_.refused += track->retransmissions.refused() - refused;
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
    control_.report({loss, rtt ? GstClockTime(*rtt * GST_SECOND) : GST_CLOCK_TIME_NONE}, now);
    track->expected_loss.report(loss, now);
    track->settings.loss(track->expected_loss.at(now));
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
    seal(queued.fields, track, values, payload, track.rollover.next(queued.fields.sequence), true,
         now);
    if (track.settings.retransmits)
        track.retransmissions.sent(queued.packet, queued.fields);
    track.packets++;
    track.payload_bytes += guint32(payload.size());
    track.last_pts = queued.pts;
    track.last_timestamp = queued.fields.timestamp;
    counted_.packets++;
    counted_.bytes += payload.size() + 12;
}

void DirectLink::send_again(Track& track, const Retransmissions::Sent& sent, bool paced,
                            GstClockTime now) {
    counted_.retransmitted++;
    auto payload = sent.packet->bytes();
    auto fields = sent.fields;
    if (!track.settings.repair)
        return seal(fields, track, {}, payload, track.rollover.of(fields.sequence), paced, now);
    // RFC 4588 section 4: the original sequence number goes before the payload.
    std::array<guint8, max_packet> repaired;
    if (payload.size() + 2 > repaired.size())
        return;
    repaired[0] = guint8(fields.sequence >> 8);
    repaired[1] = guint8(fields.sequence);
    std::memcpy(repaired.data() + 2, payload.data(), payload.size());
    std::memcpy(repaired.data() + 2, fields.start.data(), fields.start_size);
    fields.start_size = 0;
    fields.ssrc = track.settings.repair->ssrc;
    fields.payload_type = track.settings.repair->payload_type;
    fields.sequence = track.repair_sequence++;
    seal(fields, track, {}, std::span(repaired).first(payload.size() + 2),
         track.repair_rollover.next(fields.sequence), paced, now);
}

void DirectLink::seal(const RtpFields& fields, Track& track, const ExtensionValues& given,
                      std::span<const guint8> payload, guint32 rollover, bool paced,
                      GstClockTime now) {
    if (max_rtp_header + payload.size() + srtp_tag_size > max_packet) {
        counted_.dropped++;
        return;
    }
    auto values = given;
    if (track.settings.extensions.transport_cc)
        values.transport_cc = transport_sequence_++;
    std::array<guint8, max_rtp_header> header;
    auto size = write_rtp_header(fields, track.settings.extensions, values, header.data());
    control_.sent(values.transport_cc, guint(size + payload.size()), track.settings.sound, paced,
                  now);
    auto& out = batch();
    out.add(sealer_.seal_rtp(std::span(header).first(size), payload.subspan(fields.start_size),
                             rollover, out.slot(),
                             std::span(fields.start).first(fields.start_size)));
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
    out.add(sealer_.seal_rtcp(out.slot(), packet.size(), track.reports++));
    if (out.count == Batch::room)
        flush_batch();
}

} // namespace rtc
