#include "plugins/publish/padstream.hpp"

#include "plugins/publish/background.hpp"

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
        if (kind_ == Kind::video)
            plan.bitrate = output(codec).rate.bitrate();
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

Result<void> PadStream::ensure_encoder(const Codec& codec) {
    StateLock state(bin_.get());
    Lock building(building_);
    {
        Lock lock(mutex_);
        if (output(codec).branch || input_codec_ || !live_locked())
            return {};
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

} // namespace rtc
