// A session's media, sealed by us and sent straight to its socket, beside the peer connection that
// found the way and agreed on the key.
//
// It owes the peer what the peer connection's own RTP session would have sent: sender reports, from
// the clock that all streams share (RFC 3550 section 6.4.1), lost packets again (RFC 4585; RFC 4588
// where that was agreed), and the numbers of transport-wide congestion control. SSRCs that are sent
// here must never be sent by the peer connection, for no packet index may be sealed twice.
//
// Life: made once the session is open; add_track() for each thing that is sent; close() before the
// peer connection is taken down: afterwards nothing is sent.
//
// Threads: everything from any thread. Packets are queued by the streams' threads; sealing, sending
// and answering happen on one SendThread, when LinkControl lets them.
#pragma once

#include "plugins/publish/transport.hpp"
#include "plugins/transport/expectedloss.hpp"
#include "plugins/transport/fec.hpp"
#include "plugins/transport/headers.hpp"
#include "plugins/transport/linkcontrol.hpp"
#include "plugins/transport/path.hpp"
#include "plugins/transport/retransmissions.hpp"
#include "plugins/transport/rtcp.hpp"
#include "plugins/transport/sendthread.hpp"
#include "plugins/transport/srtp.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <string>

namespace rtc {

// What one session, or one track of it, has sent, and what the peer reports of it.
struct SendStatistics {
    guint64 packets = 0, bytes = 0; // of media; bytes with headers
    guint64 retransmitted = 0;      // packets
    guint64 refused = 0;            // retransmissions, for want of budget
    guint64 protecting = 0;         // packets of forward error correction
    guint64 dropped = 0;            // packets that the socket did not take, or that came too fast
    guint64 nacks = 0;              // packets that the peer missed
    guint64 keyframe_requests = 0;
    double loss = 0;    // 0 to 1, in the peer's last report
    double jitter = 0;  // s
    double rtt = 0;     // s; 0: not known yet
    guint estimate = 0; // bit/s that the peer's network carries
};

class DirectLink : public SendThread::Task, public std::enable_shared_from_this<DirectLink> {
public:
    struct Settings {
        SrtpMaster key{};
        std::unique_ptr<Path> path;
        std::string cname;
        // Of the clock that the streams' packets are stamped by; GST_CLOCK_TIME_NONE: unknown.
        std::function<GstClockTime()> running_time;
        BandwidthEstimator::Settings bandwidth{};
    };
    struct TrackSettings {
        SendParameters parameters;
        guint clock_rate = 90'000;
        // How lost packets go again; nothing: as they were.
        struct Repair {
            guint8 payload_type = 0;
            guint32 ssrc = 0;
        };
        std::optional<Repair> repair;
        // The repair packets that the peer takes; nothing: none.
        struct Fec {
            FecFormat format = FecFormat::ulpfec;
            guint8 payload_type = 0;
            guint8 red = 0;   // payload type of what ULPFEC and its media are in
            guint32 ssrc = 0; // of FlexFEC
        };
        std::optional<Fec> fec;
        bool sound = false; // it goes before pictures that wait
        bool retransmits = true;
        ExtensionIds extensions;
        std::optional<ExtensionValues::PlayoutDelay> playout_delay;
        std::function<void()> keyframe_needed = [] {};
        // What the network carries of these pictures, in bit/s, when it has changed, and now and
        // then, and whether the peer is heard of. It gives what they would make use of, in bit/s;
        // 0: no more than they are. On the send thread.
        std::function<guint(guint, bool)> bandwidth = [](guint, bool) { return 0; };
        // What the peer is expected to lose of it, 0 to 1, after each of its reports. Likewise.
        std::function<void(double)> loss = [](double) {};
    };

    static std::shared_ptr<DirectLink> create(Settings settings);
    ~DirectLink() override;

    std::shared_ptr<Transport> add_track(TrackSettings settings);
    // A compound packet of the peer's, decrypted.
    void received_rtcp(std::span<const guint8> packet);
    void close();
    SendStatistics statistics() const;

    GstClockTime run(GstClockTime now) override;

private:
    class Track;
    class OwnNumbers;
    struct Queued {
        std::shared_ptr<Track> track;
        PacketRef packet;
        RtpFields fields;
        GstClockTime pts;
    };
    // A packet on its way out.
    struct Outgoing {
        RtpFields fields;
        ExtensionValues values{};
        std::span<const guint8> payload;
        guint32 rollover = 0;
        std::array<guint8, 2> prefix{}; // what goes before the payload
        guint8 prefix_size = 0;
        Traffic traffic = Traffic::media;
    };
    using Lock = std::lock_guard<std::mutex>;

    explicit DirectLink(Settings settings);
    void queue(Queued queued);
    void wake() { thread_.wake(shared_from_this()); }

    // On the send thread.
    void answer(const rtcp::Message& message, GstClockTime now);
    void answer(const rtcp::Report& report, GstClockTime now);
    void answer(const rtcp::Nack& nack, GstClockTime now);
    void take_turns(std::vector<Queued> queued);
    GstClockTime send_waiting(GstClockTime now);
    void pad_probe(GstClockTime now);
    std::shared_ptr<Track> repaired_track() const;
    void send_reports(GstClockTime now);
    void tell_estimate(GstClockTime now);
    void send_media(const Queued& queued, GstClockTime now);
    void send_again(Track& track, const Retransmissions::Sent& sent, Traffic traffic,
                    GstClockTime now);
    void send_report(Track& track);
    std::shared_ptr<Track> find(guint32 ssrc) const;
    void seal(Track& track, const Outgoing& packet, GstClockTime now);
    void protect(Track& track, ProtectedPacket packet, ExtensionValues values, GstClockTime now);
    void flush_batch();
    guint64 capture_time(GstClockTime pts) const;

    SendThread& thread_;
    Settings settings_;

    mutable std::mutex queue_mutex_;
    std::vector<Queued> queue_;
    std::vector<rtcp::Message> messages_;
    bool closed_ = false;
    SendStatistics statistics_; // under queue_mutex_

    mutable std::mutex tracks_mutex_;
    std::vector<std::shared_ptr<Track>> tracks_;

    std::mutex running_; // held by run(), taken by close()
    SrtpSealer sealer_;
    LinkControl control_;
    std::deque<Queued> sound_, pictures_; // that wait for their turn
    guint64 waiting_bytes_ = 0;
    SendStatistics counted_; // in this run
    guint16 transport_sequence_ = 0;
    std::atomic<size_t> numbered_{0}; // packets that have one of these
    GstClockTime next_report_ = 0;
};

} // namespace rtc
