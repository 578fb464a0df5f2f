// One light viewer: ICE with a single UDP socket, DTLS, SRTP; it decrypts and counts what it gets,
// and answers with receiver reports, and transport-wide feedback where it is wanted. No picture is
// decoded.
//
// Life: made; description() tells the session to whoever signals; connect() takes the other side's.
// All on one thread: datagram() for what arrives, tick() every 50 ms or so.
#pragma once

#include "plugins/transport/srtp.hpp"
#include "tests/support/farm/feedback.hpp"
#include "tests/support/farm/reception.hpp"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stun/stunagent.h>

#include <map>
#include <string>

namespace rtc::farm {

// One certificate for all viewers.
class Certificate {
public:
    Certificate();
    ~Certificate();
    SSL_CTX* context() const { return context_; }
    const std::string& fingerprint() const { return fingerprint_; } // "AB:CD:…", of SHA-256

private:
    SSL_CTX* context_;
    std::string fingerprint_;
};

struct Counts {
    guint64 packets = 0, bytes = 0, lost = 0, refused = 0, reports = 0;
};

class Viewer {
public:
    struct Wishes {
        bool vp8 = false;      // else H264
        bool feedback = false; // transport-wide, and repair on an SSRC of its own
    };
    Viewer(const Certificate& certificate, const Wishes& wishes);
    ~Viewer();
    Viewer(const Viewer&) = delete;

    int socket() const { return socket_; }
    // Our description: an offer to receive video and Opus, or the answer to `offer`.
    std::string offer() const;
    std::string answer(const std::string& offer);
    // The other side's description. offering: it is the offer.
    bool connect(const std::string& description, bool offering);

    void readable(gint64 now); // takes all that the socket has
    void tick(gint64 now);     // µs, monotonic

    bool receiving() const { return receiving_; } // media came and was authentic
    Counts counts() const;

private:
    void datagram(std::span<guint8> data, const sockaddr_in& from, gint64 now);
    void stun(std::span<guint8> data, const sockaddr_in& from);
    void check();
    void start_dtls();
    void run_dtls();
    void take_keys();
    void rtp(std::span<guint8> packet, gint64 now);
    void rtcp(std::span<guint8> packet, gint64 now);
    void report(gint64 now);
    void send_rtcp(std::vector<guint8> packet);
    void send(const void* data, size_t size);

    const Certificate& certificate_;
    const Wishes wishes_;
    FeedbackLog feedback_;
    gint64 next_feedback_ = 0;
    int socket_ = -1;
    std::string ufrag_, password_, peer_ufrag_, peer_password_;
    std::vector<sockaddr_in> candidates_;
    size_t checked_ = 0;
    sockaddr_in peer_{}; // the one in use
    bool controlling_ = true;
    bool dtls_client_ = false;
    StunAgent agent_;
    guint64 tie_ = 0;
    gint64 next_check_ = 0, next_report_ = 0;
    bool paired_ = false;
    SSL* ssl_ = nullptr;
    BIO *in_ = nullptr, *out_ = nullptr;
    std::unique_ptr<SrtpOpener> opener_;
    std::unique_ptr<SrtpSealer> sealer_;
    guint32 ssrc_ = 0, rtcp_index_ = 0;
    std::map<guint32, Reception> streams_;
    guint64 refused_ = 0, reports_ = 0;
    bool receiving_ = false;
};

} // namespace rtc::farm
