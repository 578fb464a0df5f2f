// One peer connection as the session engine sees it. The engine knows descriptions, candidates and
// states; what carries them out is behind this.
#pragma once

#include "plugins/receive/senderclock.hpp"
#include "plugins/rtc/mediaplan.hpp"
#include "plugins/transport/path.hpp"
#include "plugins/transport/srtp.hpp"
#include "signaling/base/refs.hpp"
#include "signaling/base/result.hpp"
#include "signaling/sdp/iceserver.hpp"
#include "signaling/sdp/sdp.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rtc {

// What a peer connection is made with.
struct ConnectionSettings {
    std::vector<sdp::IceServer> ice_servers;
    bool relay_only = false; // ice-transport-policy=relay
    bool upnp = false;
    bool ice_tcp = false;
    guint latency_ms = 0;  // of the jitter buffer
    guint max_streams = 0; // SSRCs that a peer may bring (rtpbin max-streams)
    Ref<GstClock> clock;
    GstClockTime base_time = 0;
};

// What it takes to send media beside a peer connection, over its network path.
struct DirectAccess {
    SrtpMaster key; // what the connection seals with
    std::unique_ptr<Path> path;
};

class PeerConnection {
public:
    // Told on the loop's thread, except where it says otherwise.
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void local_candidate(guint mline, std::string candidate) = 0;
        virtual void gathering_complete() = 0;
        virtual void ice_connected() = 0;
        virtual void ice_failed() = 0;
        virtual void dtls_connected() = 0;
        virtual void dtls_failed() = 0;
        // A source pad with RTP. On the streaming thread, which waits: link before returning.
        virtual void pad_added(GstPad* pad) = 0;
        // Something inside can't go on.
        virtual void failed(std::string text) = 0;
    };

    template <typename T>
    using Done = std::function<void(Result<T>)>; // on the loop's thread

    virtual ~PeerConnection() = default;

    // Sets up the sections of an answer before the offer is applied, or those of an offer of ours.
    // ssrcs: for each section that sends, the SSRC it will use; 0 else.
    virtual Result<void> add_transceivers(const std::vector<TrackPlan>& plan,
                                          const std::vector<guint32>& ssrcs, bool for_offer) = 0;
    virtual void create_offer(Done<sdp::Message> done) = 0;
    virtual void create_answer(Done<sdp::Message> done) = 0;
    virtual void set_local(sdp::DescriptionType type, const GstSDPMessage* description,
                           Done<void> done) = 0;
    virtual void set_remote(sdp::DescriptionType type, const GstSDPMessage* description,
                            Done<void> done) = 0;
    // More servers than it was made with: candidates of relays follow.
    virtual void add_ice_servers(std::span<const sdp::IceServer> servers) = 0;
    virtual void add_candidate(guint mline, const std::string& candidate) = 0;
    // Another ICE generation, with the peer's new credentials and candidates; gives ours.
    virtual Result<sdp::IceCredentials>
    restart_ice(const sdp::IceCredentials& remote,
                const std::vector<std::pair<guint, std::string>>& candidates) = 0;
    // Whether the peer's DTLS certificate has one of these fingerprints; an error where none of
    // the transports has a certificate.
    virtual Result<bool> verify_certificate(std::span<const sdp::Fingerprint> fingerprints) = 0;

    // The pad to push a section's RTP into, once the local description is applied.
    virtual Ref<GstPad> sink_pad(guint mline) = 0;
    // For sending without that pad, once the connection is open; nothing where it can't be had.
    virtual std::optional<DirectAccess> direct_access() = 0;
    // Calls with each RTCP packet of the peer from now on, decrypted, on a streaming thread.
    using RtcpFunction = std::function<void(std::span<const guint8>)>;
    virtual void watch_rtcp(RtcpFunction function) = 0;
    // Where a session's own elements go.
    virtual GstBin* bin() = 0;
    // Monotonic time (g_get_monotonic_time, microseconds) of the last RTP or RTCP packet of the
    // peer; 0 before the first. Any thread.
    virtual gint64 last_received() const = 0;
    // What the peer's sender reports say.
    virtual std::shared_ptr<SenderClock> sender_clock() = 0;
    virtual void recalculate_latency() = 0;
    virtual void set_clock(Ref<GstClock> clock, GstClockTime base_time) = 0;

    // Ends it: no listener call afterwards. The pipeline stops on a thread of its own, once no
    // promise is in flight; done runs there.
    virtual void close(std::function<void()> done) = 0;
};

} // namespace rtc
