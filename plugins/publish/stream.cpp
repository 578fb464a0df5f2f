#include "plugins/publish/stream.hpp"

#include "plugins/publish/branch.hpp"
#include "plugins/publish/formats.hpp"
#include "plugins/publish/guardbin.hpp"

#include <gst/base/gstbasesink.h>
#include <gst/video/video.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace rtc {
namespace {

using Lock = std::lock_guard<std::mutex>;

// An encoder that fails after this long, in µs, had worked: it gets another try.
constexpr gint64 worked_long = 5 * G_USEC_PER_SEC;

class PadStream final : public InputStream, public std::enable_shared_from_this<PadStream> {
public:
    PadStream(GstPad* pad, Kind kind, Settings settings, Listener listener)
        : kind_(kind)
        , id_(GST_PAD_NAME(pad))
        , settings_(std::move(settings))
        , listener_(std::move(listener))
        , pad_(retain(pad))
        , takes_(input_caps(kind)) {}
    ~PadStream() override;
    void build(GstBin* bin);

    Kind kind() const override { return kind_; }
    const std::string& id() const override { return id_; }
    bool live() const override;
    std::vector<Offer> offers() const override;
    std::unique_ptr<Subscription> subscribe(const Codec& codec, const SendParameters& parameters,
                                            PacketFunction packet) override;
    void close() override;

    gboolean event(GstPad* pad, GstObject* parent, GstEvent* event);
    gboolean query(GstPad* pad, GstObject* parent, GstQuery* query);

private:
    // One codec of the stream. Never goes away before the stream does.
    struct Output {
        std::shared_ptr<Fanout> fanout;
        std::unique_ptr<Branch> branch;
        guint serial = 0;    // of the branch, so that an old one's error is told apart
        size_t row = 0;      // of the encoder table: where to look for the next encoder
        gint64 started = 0;  // µs
        bool failed = false; // no encoder works
        std::string fmtp;    // "" until the payloader tells
        std::string last_error;
    };
    using Branches = std::vector<std::unique_ptr<Branch>>;

    bool live_locked() const { return caps_ && !eos_ && !failed_ && !closed_; }
    std::vector<Offer> offers_locked() const;
    bool can_encode(const Codec& codec) const;
    Output& output(const Codec& codec);
    Fanout::Events events_for(const Codec& codec);
    guint keyframe_frames() const;

    bool take_caps(GstCaps* caps);
    bool refuse(const GstCaps* caps);
    bool start_encoded(const Codec& codec);
    Result<void> start_raw(const Codec& codec);
    Result<void> start_row(const Codec& codec, const Encoder& row);
    Result<void> ensure_encoder(const Codec& codec);
    void ensure_encoders();
    Branches take_branches();
    void replace(const Codec& codec, guint serial);
    void stop_idle(const Codec& codec);
    void pace();

    void on_error(GstMessage* message);
    void on_caps(const Codec& codec, const GstCaps* caps);
    void on_keyframe_request(const Codec& codec);
    void report();
    void run_later(std::function<void(PadStream&)> function);
    void warn(const std::string& text) { tell(listener_.warning, text); }
    void fail(const Codec& codec, const std::string& reason) {
        tell(listener_.error, std::string("this ") + codec.name + " can't be sent: " + reason);
    }
    void tell(const std::function<void(const std::string&)>& function, const std::string& text);

    const Kind kind_;
    const std::string id_;
    const Settings settings_;
    const Listener listener_;
    const Ref<GstPad> pad_;
    const Ref<GstCaps> takes_;
    Ref<GstElement> bin_; // inside rtcsink; holds everything below
    Ref<GstElement> tee_;
    Ref<GstElement> pacer_;

    // Held while branches are made and taken away. Taken by the input's streaming thread, outside
    // of any branch, but never by a branch's own.
    std::mutex building_;

    mutable std::mutex mutex_;
    Ref<GstCaps> caps_;                  // the input's; null before the first
    const Codec* input_codec_ = nullptr; // nullptr: raw
    bool eos_ = false;
    bool failed_ = false; // encoded input that can't be payloaded
    bool closed_ = false;
    std::map<const Codec*, Output> outputs_;
    std::recursive_mutex listening_; // held during a call of the listener
    bool silent_ = false;
    bool reported_live_ = false;
    std::vector<Offer> reported_offers_;
};

// The stream's pad keeps it weakly: it may be released before the pad is.
using PadLink = std::weak_ptr<PadStream>;

void free_link(gpointer link) {
    delete static_cast<PadLink*>(link);
}
gboolean pad_event(GstPad* pad, GstObject* parent, GstEvent* event) {
    auto stream = static_cast<PadLink*>(pad->eventdata)->lock();
    return stream ? stream->event(pad, parent, event) : gst_pad_event_default(pad, parent, event);
}
gboolean pad_query(GstPad* pad, GstObject* parent, GstQuery* query) {
    auto stream = static_cast<PadLink*>(pad->querydata)->lock();
    return stream ? stream->query(pad, parent, query) : gst_pad_query_default(pad, parent, query);
}

void remove_from_parent(GstElement* element) {
    gst_element_set_locked_state(element, TRUE);
    gst_element_set_state(element, GST_STATE_NULL);
    if (auto parent = adopt(gst_object_get_parent(GST_OBJECT(element))))
        gst_bin_remove(GST_BIN(parent.get()), element);
}

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
    gst_pad_set_event_function_full(pad_.get(), pad_event, new PadLink(weak_from_this()),
                                    free_link);
    gst_pad_set_query_function_full(pad_.get(), pad_query, new PadLink(weak_from_this()),
                                    free_link);
    gst_ghost_pad_set_target(GST_GHOST_PAD(pad_.get()), input);
}

PadStream::~PadStream() {
    if (closed_)
        return;
    // The last reference can fall on any thread, one of the stream's own among them.
    gst_ghost_pad_set_target(GST_GHOST_PAD(pad_.get()), nullptr);
    auto* branches = new Branches(take_branches());
    gst_element_call_async(
        bin_.get(),
        [](GstElement* bin, gpointer data) {
            static_cast<Branches*>(data)->clear();
            remove_from_parent(bin);
        },
        branches, [](gpointer data) { delete static_cast<Branches*>(data); });
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
    Lock building(building_);
    take_branches().clear();
    gst_ghost_pad_set_target(GST_GHOST_PAD(pad_.get()), nullptr);
    remove_from_parent(bin_.get());
}

// --- What it has to give -------------------------------------------------------------------------

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
        auto known = outputs_.find(&codec);
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

PadStream::Output& PadStream::output(const Codec& codec) {
    auto& output = outputs_[&codec];
    if (!output.fanout) {
        Fanout::Settings settings;
        settings.keyframes.interval = settings_.keyframe_request_interval_ms * GST_MSECOND;
        settings.keyframes.unanswered = settings_.unanswered_request_ms * GST_MSECOND;
        settings.history.time = settings_.history_ms * GST_MSECOND;
        settings.idle = settings_.idle_encoder_ms * GST_MSECOND;
        output.fanout = std::make_shared<Fanout>(codec, settings, events_for(codec));
    }
    return output;
}

Fanout::Events PadStream::events_for(const Codec& codec) {
    // Each looks whether the stream is still there.
    auto guarded = [weak = weak_from_this()](auto function) {
        return [weak, function](auto... arguments) {
            if (auto self = weak.lock())
                function(*self, arguments...);
        };
    };
    return {
        .request_keyframe = guarded([&codec](PadStream& self) { self.on_keyframe_request(codec); }),
        .idle = guarded([&codec](PadStream& self) {
            self.run_later([&codec](PadStream& later) { later.stop_idle(codec); });
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
        .caps =
            guarded([&codec](PadStream& self, const GstCaps* caps) { self.on_caps(codec, caps); }),
    };
}

void PadStream::on_caps(const Codec& codec, const GstCaps* caps) {
    {
        Lock lock(mutex_);
        output(codec).fmtp = fmtp_of_rtp_caps(codec, caps);
    }
    report();
}

void PadStream::on_keyframe_request(const Codec& codec) {
    Ref<GstPad> pad;
    {
        Lock lock(mutex_);
        if (const auto& branch = output(codec).branch)
            pad = branch->fanout_pad();
    }
    if (pad)
        send_keyframe_request(pad.get());
}

std::unique_ptr<Subscription>
PadStream::subscribe(const Codec& codec, const SendParameters& parameters, PacketFunction packet) {
    std::shared_ptr<Fanout> fanout;
    bool raw = false;
    {
        Lock lock(mutex_);
        auto offers = offers_locked();
        bool offered = std::ranges::any_of(offers, [&](auto& o) { return o.codec == &codec; });
        if (!live_locked() || !offered)
            return nullptr;
        fanout = output(codec).fanout;
        raw = !input_codec_;
    }
    auto subscription = fanout->subscribe(parameters, std::move(packet));
    if (!raw)
        return subscription;
    if (auto running = ensure_encoder(codec); !running) {
        subscription.reset();
        warn(running.error().message);
        report();
    }
    return subscription;
}

// --- Branches ------------------------------------------------------------------------------------

guint PadStream::keyframe_frames() const {
    int numerator = 0, denominator = 1;
    const auto* structure = gst_caps_get_structure(caps_.get(), 0);
    if (!gst_structure_get_fraction(structure, "framerate", &numerator, &denominator) ||
        numerator <= 0)
        numerator = 30, denominator = 1; // not told, or variable
    auto frames = gst_util_uint64_scale(settings_.keyframe_interval_ms, guint64(numerator),
                                        guint64(denominator) * 1000);
    return guint(CLAMP(frames, 1, 100'000));
}

PadStream::Branches PadStream::take_branches() {
    Branches branches;
    Lock lock(mutex_);
    for (auto& [codec, output] : outputs_)
        if (output.branch)
            branches.push_back(std::move(output.branch));
    return branches;
}

// With building_ held, on the input's streaming thread.
bool PadStream::start_encoded(const Codec& codec) {
    std::shared_ptr<Fanout> fanout;
    {
        Lock lock(mutex_);
        fanout = output(codec).fanout;
    }
    auto branch = Branch::create({&codec, nullptr}, fanout);
    auto started = branch ? Result<void>() : Result<void>(branch.error());
    if (started) {
        auto* running = branch->get();
        {
            Lock lock(mutex_);
            auto& slot = output(codec);
            slot.branch = std::move(*branch);
            slot.serial++;
        }
        started = running->start(GST_BIN(bin_.get()), tee_.get());
    }
    if (!started) {
        take_branches().clear();
        Lock lock(mutex_);
        failed_ = true;
        outputs_[&codec].last_error = started.error().message;
    }
    return bool(started);
}

// With building_ held. Tries the encoders of a codec, from where the last one failed.
Result<void> PadStream::start_raw(const Codec& codec) {
    std::string reason;
    size_t index = 0;
    {
        Lock lock(mutex_);
        index = output(codec).row;
        reason = output(codec).last_error;
    }
    for (; index < settings_.encoders.size(); index++) {
        const auto& row = settings_.encoders[index];
        if (!codec.is(row.codec) || !encoder_installed(row))
            continue;
        {
            Lock lock(mutex_);
            output(codec).row = index;
        }
        auto started = start_row(codec, row);
        if (started)
            return started;
        reason = started.error().message;
    }
    Lock lock(mutex_);
    output(codec).failed = true;
    return Error{std::string("no encoder for ") + codec.name + " works" +
                 (reason.empty() ? "" : "; the last one said: " + reason)};
}

Result<void> PadStream::start_row(const Codec& codec, const Encoder& row) {
    Branch::Plan plan{&codec, &row,
                      kind_ == Kind::video ? settings_.video_bitrate : settings_.audio_bitrate, 0};
    std::shared_ptr<Fanout> fanout;
    {
        Lock lock(mutex_);
        if (closed_)
            return Error{"the stream is closing"};
        if (kind_ == Kind::video)
            plan.frames = keyframe_frames();
        fanout = output(codec).fanout;
    }
    auto branch = Branch::create(plan, fanout);
    if (!branch)
        return branch.error();
    auto* running = branch->get();
    {
        Lock lock(mutex_);
        auto& slot = output(codec);
        slot.branch = std::move(*branch);
        slot.serial++;
        slot.started = g_get_monotonic_time();
    }
    auto started = running->start(GST_BIN(bin_.get()), tee_.get());
    if (!started) {
        Lock lock(mutex_);
        *branch = std::move(output(codec).branch);
    }
    return started;
}

// Runs functions that make or take branches: not while the bin changes state, which would leave a
// new branch in the old one, and one at a time.
class StateLock {
public:
    explicit StateLock(GstElement* element)
        : element_(element) {
        GST_STATE_LOCK(element_);
    }
    ~StateLock() { GST_STATE_UNLOCK(element_); }

private:
    GstElement* element_;
};

Result<void> PadStream::ensure_encoder(const Codec& codec) {
    StateLock state(bin_.get());
    Lock building(building_);
    {
        Lock lock(mutex_);
        const auto& slot = output(codec);
        if (slot.branch || input_codec_)
            return {};
        if (slot.failed || !live_locked())
            return Error{"the stream has ended"};
    }
    return start_raw(codec);
}

// For subscribers who are left without a branch.
void PadStream::ensure_encoders() {
    std::vector<const Codec*> needed;
    {
        Lock lock(mutex_);
        for (const auto& [codec, output] : outputs_)
            if (!output.branch && !output.failed && output.fanout->subscribers() > 0)
                needed.push_back(codec);
    }
    for (const auto* codec : needed)
        if (auto running = ensure_encoder(*codec); !running)
            warn(running.error().message);
    report();
}

// After an error of a branch's encoder.
void PadStream::replace(const Codec& codec, guint serial) {
    {
        StateLock state(bin_.get());
        Lock building(building_);
        std::unique_ptr<Branch> broken;
        {
            Lock lock(mutex_);
            auto& slot = output(codec);
            if (slot.serial != serial || !slot.branch)
                return;
            broken = std::move(slot.branch);
            if (g_get_monotonic_time() - slot.started < worked_long)
                slot.row++;
        }
    }
    ensure_encoders();
}

void PadStream::stop_idle(const Codec& codec) {
    StateLock state(bin_.get());
    Lock building(building_);
    std::unique_ptr<Branch> idle;
    {
        Lock lock(mutex_);
        auto& slot = output(codec);
        if (input_codec_ || slot.fanout->subscribers() > 0)
            return;
        idle = std::move(slot.branch);
    }
}

void PadStream::run_later(std::function<void(PadStream&)> function) {
    using Job = std::pair<std::weak_ptr<PadStream>, std::function<void(PadStream&)>>;
    gst_element_call_async(
        bin_.get(),
        [](GstElement*, gpointer data) {
            auto* job = static_cast<Job*>(data);
            if (auto self = job->first.lock())
                job->second(*self);
        },
        new Job(weak_from_this(), std::move(function)),
        [](gpointer data) { delete static_cast<Job*>(data); });
}

void PadStream::on_error(GstMessage* message) {
    GError* parsed = nullptr;
    gst_message_parse_error(message, &parsed, nullptr);
    Owned<GError> error(parsed);
    std::string text = std::string(GST_MESSAGE_SRC_NAME(message)) + ": " + error->message;
    const Codec* encoded = nullptr;
    {
        Lock lock(mutex_);
        for (auto& [codec, output] : outputs_) {
            if (!output.branch || !output.branch->contains(GST_MESSAGE_SRC(message)))
                continue;
            if (!input_codec_) {
                output.last_error = text;
                run_later([codec = codec, serial = output.serial](PadStream& self) {
                    self.replace(*codec, serial);
                });
                return;
            }
            if (std::exchange(failed_, true))
                return;
            encoded = codec;
        }
    }
    if (!encoded)
        return;
    fail(*encoded, text);
    report();
}

// --- The pad -------------------------------------------------------------------------------------

gboolean PadStream::event(GstPad* pad, GstObject* parent, GstEvent* event) {
    auto type = GST_EVENT_TYPE(event);
    if (type == GST_EVENT_CAPS) {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        if (!take_caps(caps)) {
            gst_event_unref(event);
            return FALSE;
        }
    } else if (type == GST_EVENT_SEGMENT) {
        pace();
    } else if (type == GST_EVENT_EOS) {
        Lock lock(mutex_);
        eos_ = true;
    }
    auto handled = gst_pad_event_default(pad, parent, event);
    if (type == GST_EVENT_CAPS || type == GST_EVENT_EOS)
        report();
    return handled;
}

bool PadStream::take_caps(GstCaps* caps) {
    bool raw = is_raw(caps, kind_);
    const auto* codec = raw ? nullptr : find_codec_for_caps(caps);
    if (!gst_caps_can_intersect(caps, takes_.get()) || (!raw && !codec))
        return refuse(caps);
    Lock building(building_);
    bool other = false;
    {
        Lock lock(mutex_);
        other = !caps_ || codec != input_codec_;
        caps_ = retain(caps);
        input_codec_ = codec;
        eos_ = false;
        // What failed with the old caps may work with the new ones.
        bool running = false;
        for (auto& [key, output] : outputs_) {
            running |= bool(output.branch);
            output.failed = false;
            if (!output.branch)
                output.row = 0;
        }
        other |= codec && (failed_ || !running);
        failed_ = false;
    }
    if (!other)
        return true;
    take_branches().clear();
    if (raw) {
        run_later([](PadStream& self) { self.ensure_encoders(); });
        return true;
    }
    if (start_encoded(*codec))
        return true;
    std::string reason;
    {
        Lock lock(mutex_);
        reason = output(*codec).last_error;
    }
    fail(*codec, reason);
    return false;
}

bool PadStream::refuse(const GstCaps* caps) {
    const auto* structure = gst_caps_get_structure(caps, 0);
    const auto* codec = find_codec_for_caps(caps);
    std::string text = std::string("can't publish ") + gst_structure_get_name(structure);
    if (is_raw(caps, kind_)) {
        Owned<char> features{gst_caps_features_to_string(gst_caps_get_features(caps, 0))};
        text += std::string(" in ") + features.get() + "; bring it to system memory first, with " +
                "gldownload, vapostproc or cudadownload";
    } else if (codec && codec->kind == kind_) {
        text += std::string("; the element ") + codec->payloader + " is not installed";
    } else {
        text += "; put a decoder before this pad";
    }
    warn(text + ". It takes " + input_words(kind_));
    return false;
}

// Media from a file comes as fast as it is taken; a live source keeps time by itself, and waiting
// for the pipeline's latency would only delay it.
void PadStream::pace() {
    auto query = adopt(gst_query_new_latency());
    gboolean live = FALSE;
    if (gst_pad_peer_query(pad_.get(), query.get()))
        gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
    gst_base_sink_set_sync(GST_BASE_SINK(pacer_.get()), !live);
}

// The pad answers for itself, so that branches that come and go don't disturb what was agreed.
gboolean PadStream::query(GstPad* pad, GstObject* parent, GstQuery* query) {
    switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_CAPS: {
        GstCaps* filter = nullptr;
        gst_query_parse_caps(query, &filter);
        auto caps =
            filter ? adopt(gst_caps_intersect_full(takes_.get(), filter, GST_CAPS_INTERSECT_FIRST))
                   : takes_;
        gst_query_set_caps_result(query, caps.get());
        return TRUE;
    }
    case GST_QUERY_ACCEPT_CAPS: {
        GstCaps* caps = nullptr;
        gst_query_parse_accept_caps(query, &caps);
        // What is refused for good is refused at the caps event, with words.
        bool fits = !is_raw(caps, kind_) || gst_caps_can_intersect(caps, takes_.get());
        gst_query_set_accept_caps_result(query, fits);
        return TRUE;
    }
    case GST_QUERY_ALLOCATION:
        // Every encoder here copes with strides of the producer's choice.
        if (kind_ == Kind::video)
            gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
        return TRUE;
    default:
        return gst_pad_query_default(pad, parent, query);
    }
}

} // namespace

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
