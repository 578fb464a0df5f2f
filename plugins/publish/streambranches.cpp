#include "plugins/publish/padstream.hpp"

#include "plugins/publish/background.hpp"

#include <tuple>

namespace rtc {
namespace {

// An encoder that fails after this long, in µs, had worked: it gets another try.
constexpr gint64 worked_long = 5 * G_USEC_PER_SEC;

// Branches are made and taken while the bin's state stays as it is: a change in the middle would
// leave a new branch in the old state.
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

} // namespace

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
    for (auto& [rendition, output] : outputs_)
        if (output.branch)
            branches.push_back(std::move(output.branch));
    return branches;
}

// With building_ held, on the input's streaming thread.
Result<void> PadStream::start_encoded(const Codec& codec) {
    std::shared_ptr<Fanout> fanout;
    {
        Lock lock(mutex_);
        fanout = output({&codec}).fanout;
    }
    auto branch = Branch::create({&codec, nullptr}, fanout);
    auto started = branch ? Result<void>() : Result<void>(branch.error());
    if (started) {
        auto* running = branch->get();
        {
            Lock lock(mutex_);
            auto& slot = output({&codec});
            slot.branch = std::move(*branch);
            slot.serial++;
            slot.started = g_get_monotonic_time();
        }
        started = running->start(GST_BIN(bin_.get()), tee_.get());
    }
    if (!started)
        take_branches().clear();
    return started;
}

// With building_ held. Tries the encoders of a codec, from where the last one failed.
Result<void> PadStream::start_raw(const Rendition& rendition) {
    std::string reason;
    size_t index = 0;
    {
        Lock lock(mutex_);
        index = output(rendition).row;
        reason = output(rendition).last_error;
    }
    for (; index < settings_.encoders.size(); index++) {
        const auto& row = settings_.encoders[index];
        if (!rendition.codec->is(row.codec) || !encoder_installed(row))
            continue;
        {
            Lock lock(mutex_);
            output(rendition).row = index;
        }
        auto started = start_row(rendition, row);
        if (started)
            return started;
        reason = started.error().message;
    }
    Lock lock(mutex_);
    output(rendition).failed = true;
    return Error{std::string("no encoder for ") + rendition.codec->name + " works" +
                 (reason.empty() ? "" : "; the last one said: " + reason)};
}

// Of a rung's picture; 0 where it is not known.
std::pair<guint, guint> PadStream::size_locked(const Rung& rung) const {
    int width = 0, height = 0;
    const auto* structure = gst_caps_get_structure(caps_.get(), 0);
    if (!gst_structure_get_int(structure, "width", &width) ||
        !gst_structure_get_int(structure, "height", &height) || width <= 0 || height <= 0)
        return {};
    if (rung.height == 0 || rung.height == guint(height))
        return {guint(width), guint(height)};
    auto lines = rung.height / 2 * 2;
    return {rung_width(guint(width), guint(height), lines), lines};
}

// What an encoder is told. The only one follows its viewers' networks; a rung is what it is.
guint PadStream::target_locked(const Rendition& rendition, const Ladder& ladder) const {
    auto known = outputs_.find(rendition);
    if (kind_ == Kind::video && ladder.size() == 1 && known != outputs_.end())
        return known->second.rate.bitrate();
    return ladder[MIN(rendition.rung, ladder.size() - 1)].bitrate;
}

// With the lock held.
Result<Branch::Plan> PadStream::plan_locked(const Rendition& rendition, const Encoder& row) {
    if (closed_ || !caps_)
        return Error{"the stream is closing"};
    auto ladder = ladder_locked();
    const auto& rung = ladder[MIN(rendition.rung, ladder.size() - 1)];
    Branch::Plan plan{rendition.codec, &row, target_locked(rendition, ladder)};
    if (kind_ == Kind::audio) {
        plan.loss = output(rendition).loss;
        plan.dtx = rendition.dtx;
        return plan;
    }
    plan.frames = keyframe_frames();
    plan.layers = settings_.temporal_layers;
    auto size = size_locked(rung);
    if (size != size_locked({}))
        std::tie(plan.width, plan.height) = size;
    return plan;
}

Result<void> PadStream::start_row(const Rendition& rendition, const Encoder& row) {
    Branch::Plan plan;
    std::shared_ptr<Fanout> fanout;
    {
        Lock lock(mutex_);
        auto planned = plan_locked(rendition, row);
        if (!planned)
            return planned.error();
        plan = *planned;
        fanout = output(rendition).fanout;
    }
    auto branch = Branch::create(plan, fanout);
    if (!branch)
        return branch.error();
    auto* running = branch->get();
    {
        Lock lock(mutex_);
        auto& slot = output(rendition);
        slot.branch = std::move(*branch);
        slot.serial++;
        slot.started = g_get_monotonic_time();
    }
    auto started = running->start(GST_BIN(bin_.get()), tee_.get());
    if (!started) {
        Lock lock(mutex_);
        *branch = std::move(output(rendition).branch);
    }
    return started;
}

std::vector<Encoding> PadStream::encodings() const {
    std::vector<Encoding> list;
    Lock lock(mutex_);
    if (!caps_)
        return list;
    auto ladder = ladder_locked();
    for (const auto& [rendition, output] : outputs_) {
        Encoding encoding{id_, rendition.codec, guint(rendition.rung)};
        encoding.running = output.branch && output.fanout->flowing();
        if (!input_codec_)
            encoding.target = target_locked(rendition, ladder);
        if (output.branch && output.branch->encoder())
            encoding.encoder = output.branch->encoder()->factory;
        const auto& rung = ladder[MIN(rendition.rung, ladder.size() - 1)];
        if (kind_ == Kind::video)
            std::tie(encoding.width, encoding.height) = size_locked(input_codec_ ? Rung{} : rung);
        auto statistics = output.fanout->statistics();
        encoding.rate = statistics.rate;
        encoding.keyframes = statistics.keyframes;
        encoding.viewers = guint(output.fanout->subscribers());
        list.push_back(std::move(encoding));
    }
    return list;
}

Result<void> PadStream::ensure_encoder(const Rendition& rendition) {
    StateLock state(bin_.get());
    Lock building(building_);
    {
        Lock lock(mutex_);
        if (output(rendition).branch || input_codec_ || !live_locked())
            return {};
    }
    return start_raw(rendition);
}

// For subscribers who are left without a branch.
void PadStream::ensure_encoders() {
    std::vector<Rendition> needed;
    {
        Lock lock(mutex_);
        for (const auto& [rendition, output] : outputs_)
            if (!output.branch && !output.failed && output.fanout->subscribers() > 0)
                needed.push_back(rendition);
    }
    for (const auto& rendition : needed)
        if (auto running = ensure_encoder(rendition); !running)
            warn(running.error().message);
    report();
}

// After an error of a branch's encoder.
void PadStream::replace(const Rendition& rendition, guint serial) {
    {
        StateLock state(bin_.get());
        Lock building(building_);
        std::unique_ptr<Branch> broken;
        {
            Lock lock(mutex_);
            auto& slot = output(rendition);
            if (slot.serial != serial || !slot.branch)
                return;
            broken = std::move(slot.branch);
            if (g_get_monotonic_time() - slot.started < worked_long)
                slot.row++;
        }
    }
    ensure_encoders();
}

void PadStream::stop_idle(const Rendition& rendition) {
    StateLock state(bin_.get());
    Lock building(building_);
    std::unique_ptr<Branch> idle;
    {
        Lock lock(mutex_);
        auto& slot = output(rendition);
        if (input_codec_ || slot.fanout->subscribers() > 0)
            return;
        idle = std::move(slot.branch);
    }
}

void PadStream::run_later(std::function<void(PadStream&)> function) {
    run_in_background([weak = weak_from_this(), function = std::move(function)] {
        if (auto self = weak.lock())
            function(*self);
    });
}

void PadStream::on_error(GstMessage* message) {
    GError* parsed = nullptr;
    gst_message_parse_error(message, &parsed, nullptr);
    Owned<GError> error(parsed);
    std::string text = std::string(GST_MESSAGE_SRC_NAME(message)) + ": " + error->message;
    const Codec* encoded = nullptr;
    {
        Lock lock(mutex_);
        for (auto& [rendition, output] : outputs_) {
            if (!output.branch || !output.branch->contains(GST_MESSAGE_SRC(message)))
                continue;
            if (input_codec_) {
                encoded = rendition.codec;
                break;
            }
            output.last_error = text;
            run_later([rendition = rendition, serial = output.serial](PadStream& self) {
                self.replace(rendition, serial);
            });
            return;
        }
    }
    if (encoded)
        on_fault(*encoded, text);
}

} // namespace rtc
