// One peer: one peer connection and its tracks.
//
// Life: made by Sessions for a request of the signaling element; every method runs on the loop's
// thread, but for pad_added(). It ends once, for one reason: then media stops at once, the
// signaling is told (unless it told us), and the peer connection is taken down on a thread of its
// own, which ends each output pad with EOS and removes it. Until that is done the session keeps
// its element alive.
#pragma once

#include "plugins/publish/publisher.hpp"
#include "plugins/receive/receiver.hpp"
#include "plugins/rtc/candidatebudget.hpp"
#include "plugins/rtc/descriptorclaim.hpp"
#include "plugins/rtc/negotiation.hpp"
#include "plugins/rtc/peerconnection.hpp"
#include "plugins/rtc/sendstats.hpp"
#include "plugins/rtc/sendtrack.hpp"
#include "signaling/base/loop.hpp"
#include "signaling/lib/rtcsignaling.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rtc {

// The properties that rtcsrc and rtcsink have in common. Times are milliseconds.
struct SessionSettings {
    std::string stun_server;
    std::string turn_servers;
    int ice_transport_policy = 0; // GstWebRTCICETransportPolicy
    bool upnp = false;
    bool ice_tcp = false;
    guint max_sessions = 200;
    guint description_timeout = 30000;
    guint gathering_timeout = 3000;
    guint ice_timeout = 15000;
    guint dtls_timeout = 10000;
    guint media_timeout = 15000;
    guint consent_timeout = 10000;
    guint latency = 200;
    guint max_streams = 16;
    guint keyframe_interval = 1000;
    bool direct = true;
    int playout_delay_min = -1, playout_delay_max = -1;
    int fec = int(FecMode::off);
};

struct SessionRequest {
    std::string id;
    std::string peer;
    bool offerer = false; // we make the offer
    bool trickle = false;
    std::vector<sdp::IceServer> ice_servers; // the session's own
    // How long its signaling may take, ms; 0 = for ever. Nothing: as long as the settings say.
    std::optional<guint> patience = std::nullopt;
    std::string room = {}; // in which the signaling says that it is; "" for none
};

// What a session asks of the element that it belongs to.
class SessionHost {
public:
    virtual ~SessionHost() = default;

    // On the loop's thread.
    virtual Capabilities capabilities() = 0;
    virtual std::shared_ptr<Stream> find_stream(const std::string& id) = 0;
    virtual void session_opened(const SessionRequest& request) = 0;

    // A pad for a received track, added to the element. On the track's streaming thread.
    virtual Ref<GstPad> add_output(const Codec& codec) = 0;
    // Takes it away again. On the session's teardown thread.
    virtual void remove_output(GstPad* pad) = 0;
};

class Session : public PeerConnection::Listener, public std::enable_shared_from_this<Session> {
public:
    struct Context {
        std::shared_ptr<Loop> loop;
        SessionHost* host = nullptr;
        Ref<GstElement> element;   // keeps the host
        Ref<GstElement> signaling; // a GstRtcSignaling
        SessionSettings settings;
        std::vector<sdp::IceServer> ice_servers;
        std::unique_ptr<DescriptorClaim> claim; // until its sockets are open
        // The session has ended; to be forgotten. On the loop's thread.
        std::function<void(const std::string& id, GstRtcEndReason, const std::string& text)> ended;
        // Its teardown is over. On the teardown thread.
        std::function<void()> torn_down;
    };
    Session(Context context, SessionRequest request);
    ~Session() override;

    void start();
    void remote_description(GstWebRTCSDPType type, const std::string& sdp);
    void remote_candidate(guint mline, const std::string& candidate);
    // Servers that the peer named after the session began.
    void more_ice_servers(const std::vector<sdp::IceServer>& servers);
    // tell_peer: the signaling does not know yet.
    void end(GstRtcEndReason reason, const std::string& text, bool tell_peer);
    // The peer's wish, an id of those that describe_layers() told; "" for what its network carries.
    void select_layer(guint mline, const std::string& layer);

    ViewerStatistics statistics() const;

    // The element's clock or base time changed.
    void update_clock();

private:
    struct ReceiveTrack {
        Ref<GstPad> output;
        std::shared_ptr<Receiver> receiver;
    };

    // PeerConnection::Listener
    void local_candidate(guint mline, std::string candidate) override;
    void gathering_complete() override;
    void ice_connected() override;
    void ice_failed() override;
    void dtls_connected() override;
    void dtls_failed() override;
    void pad_added(GstPad* pad) override;
    void failed(std::string text) override;

    void run(Commands commands);
    void execute(command::CreateOffer&);
    void execute(command::ApplyRemote&);
    void execute(command::CreateAnswer&);
    void execute(command::ApplyLocal&);
    void execute(command::SendDescription&);
    void execute(command::SendCandidate&);
    void execute(command::AddCandidate&);
    void execute(command::AwaitUntil&);
    void execute(command::VerifyCertificate&);
    void execute(command::Open&);
    void execute(command::Fail&);

    std::optional<sdp::Candidate> usable_candidate(std::string_view text);
    void keep_usable_candidates(GstSDPMessage* description);
    Result<void> make_peer();
    Result<void> restart_ice(const std::string& offer);
    Result<void> accept_remote(sdp::DescriptionType type, const std::string& sdp);
    void local_made(Result<sdp::Message> description);
    // A reply of the peer connection that must find the session still there.
    template <typename T>
    PeerConnection::Done<T> reply(void (Session::*method)(Result<T>));
    void step_done(Result<void> result, Commands (Negotiation::*next)());
    static void finish_teardown(std::shared_ptr<Session> self);
    void choose_ssrcs();
    std::vector<guint32> media_ssrcs() const;
    void describe_sending();
    void describe_layers();
    bool uses_fec() const;
    bool offers_repair(const TrackPlan& track) const;
    void describe_repair();
    void offer_repair(const TrackPlan& track, GstSDPMedia* media);
    void start_sending();
    void make_link();
    Result<std::unique_ptr<SendTrack>> make_track(Stream& stream, const TrackPlan& track,
                                                  const sdp::Ssrcs& ssrcs);
    void watch_consent();
    std::chrono::milliseconds deadline_of(Wait wait) const;
    bool expects_media() const;

    Context context_;
    SessionRequest request_;
    Negotiation negotiation_;
    CandidateBudget candidates_; // of the peer
    std::shared_ptr<PeerConnection> peer_;
    std::vector<TrackPlan> plan_;
    std::vector<sdp::Ssrcs> ssrcs_;     // of each section in the plan
    std::vector<int> beside_webrtcbin_; // payload types that were offered of which it doesn't know
    std::string cname_ = std::to_string(g_random_int());
    sdp::Message remote_; // as given to the peer connection
    sdp::Message local_;
    std::vector<sdp::Fingerprint> fingerprints_;
    std::vector<std::pair<guint, std::string>> local_candidates_;
    std::shared_ptr<DirectLink> link_;
    std::vector<std::unique_ptr<SendTrack>> sending_;
    std::map<guint, size_t> wished_rungs_; // by m-line
    Timer deadline_;
    Timer consent_timer_;
    bool ended_ = false;
    gint64 opened_at_ = 0; // monotonic, microseconds
    guint group_id_;

    // Shared with streaming threads.
    std::atomic<guint> expected_tracks_{0}; // that the peer may send
    std::shared_ptr<std::atomic<bool>> gate_ = std::make_shared<std::atomic<bool>>(false);
    // A GstRtcEndReason, once there is one. Receivers have a share in it.
    std::shared_ptr<std::atomic<int>> end_reason_ = std::make_shared<std::atomic<int>>(-1);
    std::mutex receive_mutex_;
    bool receiving_ended_ = false;
    std::vector<ReceiveTrack> receiving_;
};

} // namespace rtc
