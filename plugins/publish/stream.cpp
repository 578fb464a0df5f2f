#include "plugins/publish/padstream.hpp"

#include "plugins/publish/background.hpp"
#include "plugins/publish/formats.hpp"
#include "plugins/publish/guardbin.hpp"
#include "plugins/publish/laddersubscription.hpp"

#include <algorithm>
#include <cmath>

namespace rtc {
namespace {

void remove_from_parent(GstElement* element) {
    gst_element_set_locked_state(element, TRUE);
    gst_element_set_state(element, GST_STATE_NULL);
    if (auto parent = adopt(gst_object_get_parent(GST_OBJECT(element))))
        gst_bin_remove(GST_BIN(parent.get()), element);
}

} // namespace

void PadStream::build(GstBin* bin) {
    bin_ = make_guard_bin(id_.c_str(), [weak = weak_from_this()](GstMessage* message) {
        if (auto self = weak.lock())
            self->on_error(message);
    });
    tee_ = sink(gst_element_factory_make("tee", nullptr));
    pacer_ = sink(gst_element_factory_make("fakesink", "pacer"));
    g_object_set(tee_.get(), "allow-not-linked", TRUE, nullptr);
    g_object_set(pacer_.get(), "async", FALSE, "sync", FALSE, "enable-last-sample", FALSE, "qos",
                 FALSE, nullptr);
    gst_bin_add_many(GST_BIN(bin_.get()), tee_.get(), pacer_.get(), nullptr);
    // Linked first, so it gets each buffer first and holds back the others' share.
    gst_element_link(tee_.get(), pacer_.get());
    auto tee_sink = adopt(gst_element_get_static_pad(tee_.get(), "sink"));
    auto* input = gst_ghost_pad_new("sink", tee_sink.get());
    gst_element_add_pad(bin_.get(), input);

    gst_bin_add(bin, bin_.get());
    gst_element_sync_state_with_parent(bin_.get());
    listen_to_pad();
    gst_ghost_pad_set_target(GST_GHOST_PAD(pad_.get()), input);
}

PadStream::~PadStream() {
    if (closed_)
        return;
    // The last reference can fall on any thread, one of the stream's own among them.
    gst_ghost_pad_set_target(GST_GHOST_PAD(pad_.get()), nullptr);
    auto branches = std::make_shared<Branches>(take_branches());
    run_in_background([branches, bin = bin_] {
        branches->clear();
        remove_from_parent(bin.get());
    });
}

void PadStream::close() {
    {
        Lock lock(mutex_);
        if (std::exchange(closed_, true))
            return;
    }
    {
        std::lock_guard listening(listening_);
        silent_ = true;
    }
    {
        Lock building(building_);
        take_branches().clear();
    }
    gst_ghost_pad_set_target(GST_GHOST_PAD(pad_.get()), nullptr);
    remove_from_parent(bin_.get());
}

bool PadStream::live() const {
    Lock lock(mutex_);
    return live_locked() && gst_pad_is_active(pad_.get());
}

bool PadStream::can_encode(const Codec& codec) const {
    return codec.can_send() && std::ranges::any_of(settings_.encoders, [&](const Encoder& row) {
               return codec.is(row.codec) && encoder_installed(row);
           });
}

std::vector<Stream::Offer> PadStream::offers() const {
    Lock lock(mutex_);
    return offers_locked();
}

std::vector<Stream::Offer> PadStream::offers_locked() const {
    std::vector<Offer> offers;
    if (!caps_)
        return offers;
    auto add = [&](const Codec& codec, std::string guess) {
        auto known = outputs_.find({&codec});
        bool failed = known != outputs_.end() && known->second.failed;
        bool told = known != outputs_.end() && !known->second.fmtp.empty();
        if (!failed)
            offers.push_back({&codec, told ? known->second.fmtp : std::move(guess)});
    };
    if (input_codec_) {
        add(*input_codec_, fmtp_of_encoded_caps(*input_codec_, caps_.get()));
        return offers;
    }
    auto consider = [&](const Codec& codec) {
        if (codec.kind == kind_ && can_encode(codec))
            add(codec,
                codec.is("opus") ? fmtp_of_encoded_caps(codec, caps_.get()) : codec.default_fmtp);
    };
    for (const auto* codec : settings_.codecs)
        consider(*codec);
    if (settings_.codecs.empty())
        for (const auto& codec : codecs())
            consider(codec);
    return offers;
}

// Tells the owner when there is something else to offer than it was told last.
void PadStream::report() {
    {
        Lock lock(mutex_);
        auto offers = offers_locked();
        bool same = live_locked() == reported_live_ &&
                    std::ranges::equal(offers, reported_offers_, [](const auto& a, const auto& b) {
                        return a.codec == b.codec && a.fmtp == b.fmtp;
                    });
        if (same || closed_)
            return;
        reported_live_ = live_locked();
        reported_offers_ = std::move(offers);
    }
    std::lock_guard listening(listening_);
    if (!silent_)
        listener_.changed();
}

void PadStream::tell(const std::function<void(const std::string&)>& function,
                     const std::string& text) {
    std::lock_guard listening(listening_);
    if (!silent_)
        function(id_ + ": " + text);
}

// What raw input is encoded as.
Ladder PadStream::ladder_locked() const {
    if (kind_ == Kind::audio)
        return {{0, settings_.audio_bitrate}};
    int height = 0;
    if (caps_)
        gst_structure_get_int(gst_caps_get_structure(caps_.get(), 0), "height", &height);
    if (settings_.ladder.empty() && settings_.automatic_ladder && height > 0)
        return make_ladder(guint(height), settings_.video_bitrate);
    if (settings_.ladder.empty() || height <= 0)
        return {{0, settings_.video_bitrate}};
    return fit_ladder(settings_.ladder, guint(height));
}

Ladder PadStream::ladder() const {
    Lock lock(mutex_);
    return input_codec_ ? Ladder{{}} : ladder_locked();
}

Keyframes::Settings PadStream::keyframe_settings() const {
    Keyframes::Settings settings;
    settings.interval = settings_.keyframe_request_interval_ms * GST_MSECOND;
    settings.unanswered = settings_.unanswered_request_ms * GST_MSECOND;
    return settings;
}

PadStream::Output& PadStream::output(const Rendition& rendition) {
    auto& output = outputs_[rendition];
    if (!output.fanout) {
        Fanout::Settings settings;
        settings.keyframes = keyframe_settings();
        settings.history.time = settings_.history_ms * GST_MSECOND;
        settings.idle = settings_.idle_encoder_ms * GST_MSECOND;
        output.fanout = std::make_shared<Fanout>(*rendition.codec, settings, events_for(rendition));
        output.rate = SharedBitrate({settings_.bitrate_policy, settings_.video_bitrate_min,
                                     input_codec_ ? G_MAXUINT : settings_.video_bitrate});
    }
    return output;
}

Fanout::Events PadStream::events_for(const Rendition& rendition) {
    // Each looks whether the stream is still there.
    auto guarded = [weak = weak_from_this()](auto function) {
        return [weak, function](auto... arguments) {
            if (auto self = weak.lock())
                function(*self, arguments...);
        };
    };
    return {
        .request_keyframe =
            guarded([rendition](PadStream& self) { self.on_keyframe_request(rendition); }),
        .idle = guarded([rendition](PadStream& self) {
            self.run_later([rendition](PadStream& later) { later.stop_idle(rendition); });
        }),
        .unanswered = guarded([](PadStream& self) {
            self.warn("asked for keyframes and got none; viewers wait for the next one before they "
                      "see a picture. Give the encoder a short keyframe interval "
                      "(x264enc key-int-max=60), or a source that heeds force-key-unit events");
        }),
        .reordered = guarded([](PadStream& self) {
            self.warn("the video has B-frames, which browsers play with stutter. Encode without: "
                      "x264enc bframes=0 or tune=zerolatency, for others bframes=0 or b-frames=0");
        }),
        .caps = guarded(
            [rendition](PadStream& self, const GstCaps* caps) { self.on_caps(rendition, caps); }),
        .bandwidths = guarded([rendition](PadStream& self, std::vector<guint> estimates) {
            self.on_bandwidths(rendition, std::move(estimates));
        }),
        .loss =
            guarded([rendition](PadStream& self, double loss) { self.on_loss(rendition, loss); }),
    };
}

void PadStream::on_caps(const Rendition& rendition, const GstCaps* caps) {
    {
        Lock lock(mutex_);
        output(rendition).fmtp = fmtp_of_rtp_caps(*rendition.codec, caps);
    }
    report();
}

// On the thread that sends: the encoder is set on another, for some take their time.
void PadStream::on_bandwidths(const Rendition& rendition, std::vector<guint> estimates) {
    if (kind_ != Kind::video)
        return;
    {
        Lock lock(mutex_);
        auto now = GstClockTime(g_get_monotonic_time()) * GST_USECOND;
        if (!output(rendition).rate.update(std::move(estimates), now))
            return;
    }
    run_later([rendition](PadStream& self) { self.set_bitrate(rendition); });
}

// Whatever the last rate is by now.
void PadStream::set_bitrate(const Rendition& rendition) {
    guint bitrate = 0;
    bool raw = false;
    {
        Lock building(building_);
        Branch* branch = nullptr;
        {
            Lock lock(mutex_);
            raw = !input_codec_;
            bitrate = output(rendition).rate.bitrate();
            branch = output(rendition).branch.get();
        }
        if (branch && raw)
            branch->set_bitrate(bitrate);
    }
    if (!raw)
        gst_pad_push_event(pad_.get(),
                           gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                                                gst_structure_new("rtc-bitrate", "bitrate",
                                                                  G_TYPE_UINT, bitrate, nullptr)));
    std::lock_guard listening(listening_);
    if (!silent_)
        listener_.bitrate(*rendition.codec, bitrate);
}

// In steps of 5, up to what Opus makes use of.
static guint percent_of(double loss) {
    if (loss < 0.01)
        return 0;
    return MIN(guint(std::ceil(loss * 20)) * 5, 30u);
}

// On the thread that sends, as on_bandwidths().
void PadStream::on_loss(const Rendition& rendition, double loss) {
    if (kind_ != Kind::audio || !settings_.audio_fec)
        return;
    {
        Lock lock(mutex_);
        auto percent = percent_of(loss);
        if (input_codec_ || std::exchange(output(rendition).loss, percent) == percent)
            return;
    }
    run_later([rendition](PadStream& self) { self.set_loss(rendition); });
}

void PadStream::set_loss(const Rendition& rendition) {
    Lock building(building_);
    Branch* branch = nullptr;
    guint percent = 0;
    {
        Lock lock(mutex_);
        percent = output(rendition).loss;
        branch = output(rendition).branch.get();
    }
    if (branch)
        branch->set_loss(percent);
}

void PadStream::on_keyframe_request(const Rendition& rendition) {
    Ref<GstPad> pad;
    {
        Lock lock(mutex_);
        if (const auto& branch = output(rendition).branch)
            pad = branch->fanout_pad();
    }
    if (pad)
        send_keyframe_request(pad.get());
}

bool PadStream::leaves_out_silence(const Codec& codec, const SendParameters& parameters) const {
    Lock lock(mutex_);
    return settings_.audio_dtx && parameters.takes_audio_dtx && codec.is("opus") && !input_codec_;
}

std::unique_ptr<Subscription> PadStream::subscribe(const Codec& codec,
                                                   const SendParameters& parameters,
                                                   std::shared_ptr<Transport> transport) {
    auto ladder = this->ladder();
    if (ladder.size() <= 1 && !LayerFinder::can_find(codec))
        return subscribe_to({&codec, 0, leaves_out_silence(codec, parameters)}, parameters,
                            std::move(transport));
    auto open = [weak = weak_from_this(), &codec](size_t rung, const SendParameters& own,
                                                  std::shared_ptr<Transport> gate) {
        auto self = weak.lock();
        return self ? self->subscribe_to({&codec, rung}, own, std::move(gate)) : nullptr;
    };
    auto ask = [weak = weak_from_this(), ladder, &codec] {
        auto self = weak.lock();
        return self ? self->measure(ladder, codec) : ladder;
    };
    return subscribe_to_ladder(ask, parameters, std::move(transport), open);
}

// What the rungs take, and what of it their temporal layers.
Ladder PadStream::measure(Ladder ladder, const Codec& codec) const {
    Lock lock(mutex_);
    bool only = ladder.size() == 1;
    for (size_t i = 0; i < ladder.size(); i++) {
        auto known = outputs_.find({&codec, i});
        if (known == outputs_.end())
            continue;
        auto statistics = known->second.fanout->statistics();
        ladder[i].shares = std::move(statistics.shares);
        if (only)
            ladder[i].bitrate = input_codec_ ? statistics.peak : known->second.rate.bitrate();
    }
    return ladder;
}

Rung PadStream::rung(const Codec& codec) const {
    return measure({{}}, codec).front();
}

std::unique_ptr<Subscription> PadStream::subscribe_to(const Rendition& rendition,
                                                      const SendParameters& parameters,
                                                      std::shared_ptr<Transport> transport) {
    std::shared_ptr<Fanout> fanout;
    bool raw = false;
    {
        Lock lock(mutex_);
        auto offers = offers_locked();
        bool offered =
            std::ranges::any_of(offers, [&](auto& o) { return o.codec == rendition.codec; });
        if (!live_locked() || !offered)
            return nullptr;
        fanout = output(rendition).fanout;
        raw = !input_codec_;
    }
    auto subscription = fanout->subscribe(parameters, std::move(transport));
    if (!raw)
        return subscription;
    if (auto running = ensure_encoder(rendition); !running) {
        subscription.reset();
        warn(running.error().message);
        report();
    }
    return subscription;
}

std::shared_ptr<InputStream> InputStream::create(GstBin* bin, GstPad* pad, Kind kind,
                                                 Settings settings, Listener listener) {
    auto stream = std::make_shared<PadStream>(pad, kind, std::move(settings), std::move(listener));
    stream->build(bin);
    return stream;
}

Ref<GstPad> make_input_pad(GstPadTemplate* pad_template, const char* name) {
    return sink(gst_ghost_pad_new_no_target_from_template(name, pad_template));
}

} // namespace rtc
