#include "plugins/publish/fanout.hpp"

#include <gst/rtp/gstrtpbuffer.h>

#include <array>
#include <cstring>

namespace rtc {
namespace {

GstClockTime now() {
    return GstClockTime(g_get_monotonic_time()) * GST_USECOND;
}

// Takes a packet apart without copying its payload. False for what is no RTP.
bool take_apart(GstBuffer* buffer, KeyframeTest starts_keyframe, Packet& packet) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    if (!gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp))
        return false;
    auto header_size = gst_rtp_buffer_get_header_len(&rtp);
    gst_rtp_buffer_unmap(&rtp);
    packet.header.resize(header_size);
    gst_buffer_extract(buffer, 0, packet.header.data(), header_size);
    packet.fields = read_rtp_fields(packet.header.data());
    packet.payload =
        adopt(gst_buffer_copy_region(buffer, GST_BUFFER_COPY_MEMORY, header_size, gsize(-1)));
    if (starts_keyframe) {
        // Enough for every payload descriptor and the parameter sets' headers.
        std::array<guint8, 128> start;
        auto size = gst_buffer_extract(buffer, header_size, start.data(), start.size());
        packet.starts_keyframe = starts_keyframe({start.data(), size});
    }
    return true;
}

// A buffer with a new header before the same payload memory.
Ref<GstBuffer> put_together(const Packet& packet, const RtpFields& fields, GstClockTime pts) {
    auto buffer = adopt(gst_buffer_new_allocate(nullptr, packet.header.size(), nullptr));
    GstMapInfo map;
    gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE);
    std::memcpy(map.data, packet.header.data(), packet.header.size());
    write_rtp_fields(map.data, fields);
    gst_buffer_unmap(buffer.get(), &map);

    auto blocks = gst_buffer_n_memory(packet.payload.get());
    for (guint i = 0; i < blocks; i++)
        gst_buffer_append_memory(buffer.get(),
                                 gst_memory_ref(gst_buffer_peek_memory(packet.payload.get(), i)));
    GST_BUFFER_PTS(buffer.get()) = pts;
    if (fields.marker)
        GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_MARKER);
    return buffer;
}

} // namespace

// What one subscriber has got so far. Its lock is held while its packet function runs; it is
// recursive because that function may end the subscription.
class Fanout::Subscriber {
public:
    Subscriber(const SendParameters& parameters, Stream::PacketFunction function)
        : forwarder_(parameters)
        , function_(std::move(function)) {}

    // Sends the newest packet of the history, or all of it to one that has been waiting. False if
    // it goes on waiting for a keyframe.
    bool deliver(const History& history, bool needs_keyframe, bool restart) {
        std::lock_guard lock(mutex_);
        if (restart) {
            forwarder_.switch_source();
            started_ = false;
        }
        if (!active_)
            return true;
        const auto& newest = history.packets().back();
        if (started_) {
            send(newest, forwarder_.forward(newest.fields), newest.pts);
            return true;
        }
        if (needs_keyframe && !history.joinable())
            return false;
        started_ = true;
        if (!needs_keyframe) {
            send(newest, forwarder_.forward(newest.fields), newest.pts);
            return true;
        }
        for (const auto& packet : history.packets())
            send_catching_up(packet, newest);
        return true;
    }

    // Afterwards the packet function is not running and never will.
    void end() {
        Stream::PacketFunction function; // destroyed on this thread, after the lock is released
        std::lock_guard lock(mutex_);
        active_ = false;
        if (!calling_)
            function = std::move(function_);
    }

private:
    void send_catching_up(const Packet& packet, const Packet& newest) {
        auto pts = packet.pts;
        if (GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(newest.pts) && pts < newest.pts)
            pts = newest.pts - (newest.pts - pts) / Forwarder::catch_up_factor;
        send(packet, forwarder_.catch_up(packet.fields, newest.fields.timestamp), pts);
    }

    void send(const Packet& packet, const RtpFields& fields, GstClockTime pts) {
        if (!active_)
            return;
        calling_ = true;
        function_(put_together(packet, fields, pts));
        calling_ = false;
    }

    std::recursive_mutex mutex_;
    Forwarder forwarder_;
    Stream::PacketFunction function_;
    bool active_ = true;
    bool started_ = false;
    bool calling_ = false;
};

class Fanout::Share : public Subscription {
public:
    Share(std::shared_ptr<Fanout> fanout, std::shared_ptr<Subscriber> subscriber)
        : fanout_(std::move(fanout))
        , subscriber_(std::move(subscriber)) {}
    ~Share() override { fanout_->unsubscribe(*subscriber_); }
    void request_keyframe() override { fanout_->request_keyframe(); }

private:
    std::shared_ptr<Fanout> fanout_;
    std::shared_ptr<Subscriber> subscriber_;
};

Fanout::Fanout(const Codec& codec, const Settings& settings, Events events)
    : settings_(settings)
    , events_(std::move(events))
    , starts_keyframe_(keyframe_test(codec))
    , history_(codec.clock_rate, settings.history)
    , keyframes_(settings.keyframes)
    , idle_since_(now()) {}

guint Fanout::begin() {
    std::lock_guard lock(mutex_);
    flowing_ = false;
    joinable_ = false;
    return ++source_;
}

void Fanout::packet(guint source, GstBuffer* buffer, GstClockTime pts) {
    Packet packet;
    if (!take_apart(buffer, starts_keyframe_, packet))
        return;
    packet.pts = pts;
    bool reordered = false, waiting = false;
    {
        std::lock_guard streaming(streaming_mutex_);
        bool restart = source != streaming_source_;
        auto subscribers = add(source, std::move(packet), reordered);
        if (!subscribers)
            return;
        waiting = deliver(*subscribers, restart);
    }
    if (reordered)
        events_.reordered();
    after_packet(waiting);
}

// Who gets the packet; nullptr if it comes from a source that is not the current one.
std::shared_ptr<const Fanout::Subscribers> Fanout::add(guint source, Packet packet,
                                                       bool& reordered) {
    std::lock_guard lock(mutex_);
    if (source != source_)
        return nullptr;
    if (source != streaming_source_)
        highest_timestamp_ = packet.fields.timestamp;
    if (source != streaming_source_ || !starts_keyframe_)
        history_.clear();
    streaming_source_ = source;
    reordered = check_order(packet);
    if (history_.add(std::move(packet)))
        keyframes_.keyframe();
    flowing_ = true;
    joinable_ = history_.joinable();
    return subscribers_;
}

// True if somebody waits for a keyframe.
bool Fanout::deliver(const Subscribers& subscribers, bool restart) {
    bool waiting = false;
    for (const auto& subscriber : subscribers)
        waiting |= !subscriber->deliver(history_, starts_keyframe_, restart);
    return waiting;
}

// True the first time that a picture comes after one that is shown later.
bool Fanout::check_order(const Packet& packet) {
    if (!starts_keyframe_ || told_reordered_)
        return false;
    if (gint32(packet.fields.timestamp - highest_timestamp_) >= 0) {
        highest_timestamp_ = packet.fields.timestamp;
        return false;
    }
    told_reordered_ = true;
    return true;
}

void Fanout::after_packet(bool waiting) {
    bool request = false, unanswered = false, idle = false;
    {
        std::lock_guard lock(mutex_);
        auto time = now();
        request = waiting ? keyframes_.request(time) : keyframes_.poll(time);
        unanswered = keyframes_.unanswered(time);
        if (GST_CLOCK_TIME_IS_VALID(idle_since_) && time >= idle_since_ + settings_.idle) {
            idle = true;
            idle_since_ = time; // told again if nothing comes of it
        }
    }
    if (request)
        events_.request_keyframe();
    if (unanswered)
        events_.unanswered();
    if (idle)
        events_.idle();
}

void Fanout::caps(guint source, const GstCaps* caps) {
    {
        std::lock_guard lock(mutex_);
        if (source != source_)
            return;
    }
    events_.caps(caps);
}

std::unique_ptr<Subscription> Fanout::subscribe(const SendParameters& parameters,
                                                Stream::PacketFunction packet) {
    auto subscriber = std::make_shared<Subscriber>(parameters, std::move(packet));
    bool request = false;
    {
        std::lock_guard lock(mutex_);
        auto subscribers = std::make_shared<Subscribers>(*subscribers_);
        subscribers->push_back(subscriber);
        subscribers_ = std::move(subscribers);
        idle_since_ = GST_CLOCK_TIME_NONE;
        // A source that is about to start begins with a keyframe anyway.
        if (starts_keyframe_ && flowing_ && !joinable_)
            request = keyframes_.request(now());
    }
    if (request)
        events_.request_keyframe();
    return std::make_unique<Share>(shared_from_this(), std::move(subscriber));
}

void Fanout::unsubscribe(Subscriber& subscriber) {
    {
        std::lock_guard lock(mutex_);
        auto subscribers = std::make_shared<Subscribers>(*subscribers_);
        std::erase_if(*subscribers, [&](const auto& other) { return other.get() == &subscriber; });
        subscribers_ = std::move(subscribers);
        if (subscribers_->empty())
            idle_since_ = now();
    }
    subscriber.end();
}

size_t Fanout::subscribers() const {
    std::lock_guard lock(mutex_);
    return subscribers_->size();
}

bool Fanout::flowing() const {
    std::lock_guard lock(mutex_);
    return flowing_;
}

void Fanout::request_keyframe() {
    bool request = false;
    {
        std::lock_guard lock(mutex_);
        request = starts_keyframe_ && keyframes_.request(now());
    }
    if (request)
        events_.request_keyframe();
}

} // namespace rtc
