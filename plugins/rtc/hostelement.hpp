// What rtcsrc and rtcsink have in common: a signaling element as a child, the sessions that it
// brings, the properties of these, and the messages about them.
//
// Life: the C++ half of the GObject, made in its init and destroyed in its finalize. Sessions live
// between READY and PAUSED.
#pragma once

#include "plugins/rtc/sessions.hpp"
#include "signaling/base/element.hpp"

namespace rtc {

GType ice_transport_policy_type();

// Rows for a Settings struct that derives from SessionSettings.
template <typename Settings>
std::vector<Property<Settings>> session_properties() {
    constexpr gint64 day = 24 * 3600 * 1000;
    return {
        {"stun-server", "STUN server: stun://host:port; given to peers too",
         &Settings::stun_server},
        {"turn-servers",
         "TURN servers, separated by commas: turn://user:password@host:port?transport=udp, "
         "turns://…; user and password percent-encoded; given to peers too",
         &Settings::turn_servers},
        {"ice-transport-policy", "Whether to connect by TURN relays only",
         EnumMember<Settings>{&Settings::ice_transport_policy, ice_transport_policy_type}},
        {"upnp", "Ask the router for a port by UPnP; costs 200 ms a session", &Settings::upnp},
        {"ice-tcp", "Offer TCP candidates beside UDP", &Settings::ice_tcp},
        {"max-sessions",
         "Sessions at a time; more are refused. Each takes ten file descriptors, thirteen where it "
         "is recorded: too few left refuse it, too",
         &Settings::max_sessions, 1, 100000},
        {"description-timeout", "Wait for the peer's offer or answer, ms; 0 = for ever",
         &Settings::description_timeout, 0, day},
        {"gathering-timeout",
         "Wait for our own ICE candidates, ms; the description goes out with those that are there",
         &Settings::gathering_timeout, 1, day},
        {"ice-timeout", "Wait for a network path to the peer, ms; 0 = for ever",
         &Settings::ice_timeout, 0, day},
        {"dtls-timeout", "Wait for the encryption handshake, ms; 0 = for ever",
         &Settings::dtls_timeout, 0, day},
        {"media-timeout", "Wait for the first packet of a peer that sends, ms; 0 = for ever",
         &Settings::media_timeout, 0, day},
        {"consent-timeout",
         "A peer that sends neither media nor reports for so long is gone, ms; 0 = never",
         &Settings::consent_timeout, 0, day},
        {"latency", "Jitter buffer: how long to wait for a missing packet, ms", &Settings::latency,
         0, 10000},
        {"max-streams", "SSRCs that one peer may send", &Settings::max_streams, 1, 1000},
        {"keyframe-interval", "Least time between two keyframe requests to a peer, ms",
         &Settings::keyframe_interval, 0, 60000},
    };
}

class HostElement : public SessionHost {
public:
    HostElement(GstBin* bin, GstRtcRole role, const char* default_signaling);
    ~HostElement() override;

    // The property "signaling": takes the element as a child. Only in NULL and READY.
    void set_signaling(GstElement* signaling);
    Ref<GstElement> signaling() const;
    // A URI in its place, as parse_uri() takes it. Only in NULL and READY.
    Result<void> set_uri(const char* uri, const char* scheme);
    std::string uri() const; // "" where the signaling did not come by one

    // Brackets the parent class's change of state.
    GstStateChangeReturn change_state(GstStateChange transition,
                                      const std::function<GstStateChangeReturn()>& parent);
    void end_session(const std::string& id);
    // Ends all sessions, and begins no more: the end of the stream.
    void end_all(const std::string& text);

    void session_opened(const SessionRequest& request) override;

protected:
    virtual SessionSettings settings() const = 0;
    void set_live(bool live);
    // On the sessions' loop.
    virtual void session_ended(const Sessions::Ended& report);
    std::vector<ViewerStatistics> statistics() const { return sessions_->statistics(); }
    // On the sessions' loop, unless the element stops before.
    void run_after(std::chrono::milliseconds delay, std::function<void()> function) {
        sessions_->run_after(delay, std::move(function));
    }
    GstBin* bin() const { return bin_; }
    GstElement* element() const { return GST_ELEMENT(bin_); }

private:
    bool start();
    void keep_uri(const char* uri);

    GstBin* bin_;
    GstRtcRole role_;
    const char* default_signaling_;
    std::string uri_; // under the object lock
    std::shared_ptr<Sessions> sessions_;
};

// The property id of "signaling", before all others.
inline constexpr guint prop_signaling = 1;
void install_signaling_property(GObjectClass* klass, const char* default_signaling);

} // namespace rtc
