#include "plugins/publish/fanout.hpp"

#include "plugins/rtc/layermark.hpp"

#include <atomic>

namespace rtc {
namespace {

GstClockTime now() {
    return GstClockTime(g_get_monotonic_time()) * GST_USECOND;
}

} // namespace

// What one subscriber has got so far. Its lock is held while its transport takes a packet; it is
// recursive because that may end the subscription.
class Fanout::Subscriber {
public:
    Subscriber(const SendParameters& parameters, std::shared_ptr<Transport> transport)
        : forwarder_(parameters)
        , from_history_(parameters.from_history)
        , takes_audio_fec_(parameters.takes_audio_fec)
        , transport_(std::move(transport)) {}

    // Sends the newest packet of the history, or all of it to one that has been waiting. False if
    // it goes on waiting for a keyframe.
    bool deliver(const History& history, bool needs_keyframe, bool restart) {
        std::lock_guard lock(mutex_);
        if (restart)
            started_ = false;
        if (!active_)
            return true;
        const auto& newest = *history.packets().back();
        if (started_) {
            send(history.packets().back(), forwarder_.forward(newest.fields), newest.pts);
            return true;
        }
        if (needs_keyframe && !(from_history_ ? history.joinable() : newest.starts_keyframe))
            return false;
        started_ = true;
        if (!needs_keyframe || !from_history_) {
            send(history.packets().back(), forwarder_.forward(newest.fields), newest.pts);
            return true;
        }
        for (const auto& packet : history.packets())
            send_catching_up(packet, newest);
        return true;
    }

    void flush() {
        std::lock_guard lock(mutex_);
        if (active_)
            transport_->flush();
    }

    void set_bandwidth(guint bitrate, bool heard) {
        bandwidth_ = bitrate;
        heard_ = heard;
    }
    guint bandwidth() const { return bandwidth_; }
    bool heard() const { return heard_; }
    void set_loss(double loss) { loss_ = loss; }
    double loss() const { return takes_audio_fec_ ? loss_.load() : 0; }

    // Afterwards the transport is not called and never will be.
    void end() {
        std::shared_ptr<Transport> transport; // released on this thread, after the lock
        std::lock_guard lock(mutex_);
        active_ = false;
        if (!calling_)
            transport = std::move(transport_);
    }

private:
    void send_catching_up(const PacketRef& packet, const Packet& newest) {
        auto pts = packet->pts;
        if (GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(newest.pts) && pts < newest.pts)
            pts = newest.pts - (newest.pts - pts) / Forwarder::catch_up_factor;
        send(packet, forwarder_.catch_up(packet->fields, newest.fields.timestamp), pts);
    }

    void send(const PacketRef& packet, const RtpFields& fields, GstClockTime pts) {
        if (!active_)
            return;
        calling_ = true;
        transport_->send(packet, fields, pts);
        calling_ = false;
    }

    std::recursive_mutex mutex_;
    Forwarder forwarder_;
    const bool from_history_, takes_audio_fec_;
    std::shared_ptr<Transport> transport_;
    bool active_ = true;
    bool started_ = false;
    bool calling_ = false;
    std::atomic<guint> bandwidth_{0}; // bit/s; 0: not known
    std::atomic<bool> heard_{true};
    std::atomic<double> loss_{0};
};

class Fanout::Share : public Subscription {
public:
    Share(std::shared_ptr<Fanout> fanout, std::shared_ptr<Subscriber> subscriber)
        : fanout_(std::move(fanout))
        , subscriber_(std::move(subscriber)) {}
    ~Share() override { fanout_->unsubscribe(*subscriber_); }
    void request_keyframe() override { fanout_->request_keyframe(); }
    void set_bandwidth(guint bitrate, bool heard) override {
        subscriber_->set_bandwidth(bitrate, heard);
        fanout_->tell_bandwidths();
    }
    void set_loss(double loss) override {
        subscriber_->set_loss(loss);
        fanout_->tell_loss();
    }

private:
    std::shared_ptr<Fanout> fanout_;
    std::shared_ptr<Subscriber> subscriber_;
};

Fanout::Fanout(const Codec& codec, const Settings& settings, Events events)
    : settings_(settings)
    , events_(std::move(events))
    , codec_(codec)
    , starts_keyframe_(keyframe_test(codec))
    , history_(codec.clock_rate, settings.history)
    , layers_(codec)
    , keyframes_(settings.keyframes)
    , idle_since_(now()) {}

guint Fanout::begin() {
    std::lock_guard lock(mutex_);
    flowing_ = false;
    joinable_ = false;
    return ++source_;
}

void Fanout::packet(guint source, GstBuffer* buffer, GstClockTime pts) {
    auto packet = std::make_shared<Packet>();
    if (!packet->take(buffer, starts_keyframe_))
        return;
    packet->pts = pts;
    packet->descriptor = read_descriptor(codec_, packet->bytes());
    if (const auto& descriptor = packet->descriptor)
        packet->told = descriptor->layer
                           ? descriptor->layer
                           : marked_layer(buffer, packet->bytes().subspan(descriptor->size));
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

void Fanout::flush() {
    std::shared_ptr<const Subscribers> subscribers;
    {
        std::lock_guard lock(mutex_);
        subscribers = subscribers_;
    }
    for (const auto& subscriber : *subscribers)
        subscriber->flush();
}

// Who gets the packet; nullptr if it comes from a source that is not the current one.
std::shared_ptr<const Fanout::Subscribers> Fanout::add(guint source, std::shared_ptr<Packet> packet,
                                                       bool& reordered) {
    std::lock_guard lock(mutex_);
    if (source != source_)
        return nullptr;
    if (source != streaming_source_) {
        highest_timestamp_ = packet->fields.timestamp;
        layers_ = LayerFinder(codec_);
    }
    if (source != streaming_source_ || !starts_keyframe_)
        history_.clear();
    streaming_source_ = source;
    reordered = check_order(*packet);
    packet->layer = layers_.take(*packet);
    measure(*packet);
    if (history_.add(std::move(packet))) {
        keyframes_.keyframe();
        keyframes_seen_++;
    }
    flowing_ = true;
    joinable_ = history_.joinable();
    return subscribers_;
}

void Fanout::measure(const Packet& packet) {
    auto size = packet.header.size() + packet.bytes().size();
    auto time = now();
    meter_.add(size, time);
    layer_meters_[MIN(packet.layer.number, all_layers)].add(size, time);
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
                                                std::shared_ptr<Transport> transport) {
    auto subscriber = std::make_shared<Subscriber>(parameters, std::move(transport));
    bool request = false;
    {
        std::lock_guard lock(mutex_);
        auto subscribers = std::make_shared<Subscribers>(*subscribers_);
        subscribers->push_back(subscriber);
        subscribers_ = std::move(subscribers);
        idle_since_ = GST_CLOCK_TIME_NONE;
        // A source that is about to start begins with a keyframe anyway.
        if (starts_keyframe_ && flowing_ && !(joinable_ && parameters.from_history))
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
    tell_bandwidths();
    tell_loss();
}

void Fanout::tell_bandwidths() {
    std::vector<guint> known, silent;
    bool all_silent = false;
    {
        std::lock_guard lock(mutex_);
        for (const auto& subscriber : *subscribers_)
            if (auto bandwidth = subscriber->bandwidth())
                (subscriber->heard() ? known : silent).push_back(bandwidth);
        all_silent = silent.size() == subscribers_->size();
    }
    // Who went without a word would take the others down, until that is noticed.
    events_.bandwidths(std::move(all_silent ? silent : known));
}

void Fanout::tell_loss() {
    double most = 0;
    {
        std::lock_guard lock(mutex_);
        for (const auto& subscriber : *subscribers_)
            most = MAX(most, subscriber->loss());
    }
    events_.loss(most);
}

size_t Fanout::subscribers() const {
    std::lock_guard lock(mutex_);
    return subscribers_->size();
}

Fanout::Statistics Fanout::statistics() const {
    std::lock_guard lock(mutex_);
    auto time = now();
    return {meter_.rate(time), meter_.peak(time), keyframes_seen_, shares(time)};
}

// With the lock held.
std::vector<double> Fanout::shares(GstClockTime time) const {
    std::vector<double> shares;
    double sum = 0;
    for (const auto& meter : layer_meters_)
        shares.push_back(sum += meter.rate(time));
    while (!shares.empty() && shares.back() == sum)
        shares.pop_back();
    for (auto& share : shares)
        share /= sum;
    return shares;
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
