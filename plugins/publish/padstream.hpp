// The input stream behind InputStream's interface; see stream.hpp for its life and threads.
//
// Its parts: stream.cpp (life, offers, subscriptions, what the owner is told), streambranches.cpp
// (encoders and their failures), streampad.cpp (what arrives on the pad), streamfaults.cpp (encoded
// input that can't be payloaded).
#pragma once

#include "plugins/publish/branch.hpp"
#include "plugins/publish/keyframes.hpp"
#include "plugins/publish/stream.hpp"

#include <map>
#include <mutex>

namespace rtc {

// See InputStream.
class PadStream final : public InputStream, public std::enable_shared_from_this<PadStream> {
public:
    PadStream(GstPad* pad, Kind kind, Settings settings, Listener listener)
        : kind_(kind)
        , id_(GST_PAD_NAME(pad))
        , settings_(std::move(settings))
        , listener_(std::move(listener))
        , pad_(retain(pad))
        , takes_(input_caps(kind))
        , fault_keyframes_(keyframe_settings()) {}
    ~PadStream() override;
    void build(GstBin* bin);

    Kind kind() const override { return kind_; }
    const std::string& id() const override { return id_; }
    bool live() const override;
    std::vector<Offer> offers() const override;
    Ladder ladder() const override;
    std::unique_ptr<Subscription> subscribe(const Codec& codec, const SendParameters& parameters,
                                            std::shared_ptr<Transport> transport) override;
    void close() override;
    std::vector<Encoding> encodings() const override;
    Rung rung(const Codec& codec) const override;

    gboolean event(GstPad* pad, GstObject* parent, GstEvent* event);
    gboolean query(GstPad* pad, GstObject* parent, GstQuery* query);

private:
    using Lock = std::lock_guard<std::mutex>;
    // One encoding of the stream: a codec, a rung of the ladder, and whether silence is left out.
    struct Rendition {
        const Codec* codec;
        size_t rung = 0;
        bool dtx = false;
        auto operator<=>(const Rendition&) const = default;
    };
    // What there is of one. Never goes away before the stream does.
    struct Output {
        std::shared_ptr<Fanout> fanout;
        std::unique_ptr<Branch> branch;
        guint serial = 0;    // of the branch, so that an old one's error is told apart
        size_t row = 0;      // of the encoder table: where to look for the next encoder
        gint64 started = 0;  // µs
        guint faults = 0;    // of branches for encoded input, one after the other without a packet
        bool failed = false; // no encoder works
        std::string fmtp;    // "" until the payloader tells
        std::string last_error;
        SharedBitrate rate{SharedBitrate::Settings{}};
        guint loss = 0; // percent, that the encoder guards against
    };
    using Branches = std::vector<std::unique_ptr<Branch>>;

    // With the lock held.
    bool live_locked() const { return caps_ && !eos_ && !failed_ && !closed_; }
    std::vector<Offer> offers_locked() const;
    Keyframes::Settings keyframe_settings() const;
    Output& output(const Rendition& rendition);
    Ladder ladder_locked() const;
    std::pair<guint, guint> size_locked(const Rung& rung) const;
    guint target_locked(const Rendition& rendition, const Ladder& ladder) const;
    guint keyframe_frames() const;

    bool can_encode(const Codec& codec) const;
    Fanout::Events events_for(const Rendition& rendition);
    void on_caps(const Rendition& rendition, const GstCaps* caps);
    void on_keyframe_request(const Rendition& rendition);
    void on_bandwidths(const Rendition& rendition, std::vector<guint> estimates);
    void set_bitrate(const Rendition& rendition);
    void on_loss(const Rendition& rendition, double loss);
    void set_loss(const Rendition& rendition);
    Ladder measure(Ladder ladder, const Codec& codec) const;
    bool leaves_out_silence(const Codec& codec, const SendParameters& parameters) const;
    std::unique_ptr<Subscription> subscribe_to(const Rendition& rendition,
                                               const SendParameters& parameters,
                                               std::shared_ptr<Transport> transport);
    void run_later(std::function<void(PadStream&)> function);

    // To the owner.
    void report();
    void warn(const std::string& text) { tell(listener_.warning, text); }
    void fail(const Codec& codec, const std::string& reason) {
        tell(listener_.error, std::string("this ") + codec.name + " can't be sent: " + reason);
    }
    void tell(const std::function<void(const std::string&)>& function, const std::string& text);

    // Branches.
    Result<void> start_encoded(const Codec& codec);
    Result<void> start_raw(const Rendition& rendition);
    Result<void> start_row(const Rendition& rendition, const Encoder& row);
    Result<Branch::Plan> plan_locked(const Rendition& rendition, const Encoder& row);
    Result<void> ensure_encoder(const Rendition& rendition);
    void ensure_encoders();
    Branches take_branches();
    void replace(const Rendition& rendition, guint serial);
    void stop_idle(const Rendition& rendition);
    void on_error(GstMessage* message);

    // Faults of encoded input.
    void on_fault(const Codec& codec, const std::string& text);
    void wait_for_keyframe();
    GstPadProbeReturn take_up(GstBuffer* buffer);
    bool is_new_start(GstBuffer* buffer, bool& request);
    void restart_encoded(const Codec& codec);

    // The pad.
    void listen_to_pad();
    void revive(GstPad* pad, GstObject* parent);
    bool take_caps(GstCaps* caps);
    bool refuse(GstCaps* caps);
    void pace();

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
    // of any branch, but never by a branch's own. Taken after the bin's state lock, never before.
    std::mutex building_;

    mutable std::mutex mutex_;
    Ref<GstCaps> caps_;                  // the input's; null before the first
    Ref<GstCaps> refused_;               // the last that were refused
    const Codec* input_codec_ = nullptr; // nullptr: raw
    bool eos_ = false;
    bool failed_ = false;       // encoded input that can't be payloaded
    bool faulty_ = false;       // its branch has failed; another one begins with the next keyframe
    Keyframes fault_keyframes_; // that are asked for meanwhile
    bool closed_ = false;
    std::map<Rendition, Output> outputs_;
    std::recursive_mutex listening_; // held during a call of the listener
    bool silent_ = false;
    bool reported_live_ = false;
    std::vector<Offer> reported_offers_;
};

} // namespace rtc
