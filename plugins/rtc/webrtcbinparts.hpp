// What a webrtcbin is made of inside: found as it is made, set up, and read.
//
// Threads: watch_network() and configure_*() before the webrtcbin starts; the rest from any thread.
#pragma once

#include "plugins/rtc/peerconnection.hpp"

#include <atomic>
#include <mutex>

namespace rtc {

class Shortcut;

class WebrtcbinParts : public std::enable_shared_from_this<WebrtcbinParts> {
public:
    explicit WebrtcbinParts(GstElement* webrtcbin)
        : webrtcbin_(webrtcbin) {}

    void add_ice_servers(std::span<const sdp::IceServer> servers);
    void configure_ice(const ConnectionSettings& settings);
    void configure_rtp(const ConnectionSettings& settings);

    // An element was added somewhere inside.
    void added(GstElement* element);
    // Lets no more media in, and returns when none is on its way: what webrtcbin must be stopped
    // without. Not from a streaming thread.
    void stop_receiving();
    // Lets go of elements that must outlive webrtcbin; after it is gone.
    void release();
    // Monotonic time of the last RTP or RTCP packet from the network, in µs; 0 before the first.
    gint64 last_received() const { return last_received_.load(std::memory_order_relaxed); }

    std::shared_ptr<SenderClock> sender_clock() const { return sender_clock_; }

    // The DTLS certificate of the peer, in PEM; "" where there is none yet.
    std::string peer_certificate() const;
    // The sink pad of a section that sends, once both descriptions are applied.
    Ref<GstPad> sink_pad(guint mline) const;

    // What it takes to send beside it, once it is connected; nothing where that can't be had.
    std::optional<DirectAccess> direct_access() const;
    // Calls with each RTCP packet of the peer, decrypted, on the streaming thread.
    void watch_rtcp(PeerConnection::RtcpFunction function) const;

private:
    void watch_network(GstElement* nicesrc);
    std::optional<SrtpMaster> receiver_key() const;
    void receive(Shortcut& shortcut, GstPad* nicesrc_pad, Ref<GstBuffer>& packet);

    GstElement* webrtcbin_; // the owner of this keeps it
    std::atomic<gint64> last_received_{0};
    const std::shared_ptr<SenderClock> sender_clock_ = std::make_shared<SenderClock>();
    std::mutex receive_mutex_; // held while a packet goes through
    bool receiving_ = true;
    mutable std::mutex mutex_;
    Ref<GstElement> network_sink_; // nicesink
    Ref<GstElement> dtls_;         // dtlsenc
    Ref<GstElement> dtls_decoder_; // dtlsdec
    std::vector<Ref<GstElement>> dtls_elements_;
};

} // namespace rtc
