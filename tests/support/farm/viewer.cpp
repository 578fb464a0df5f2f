#include "tests/support/farm/viewer.hpp"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stun/usages/ice.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace rtc::farm {
namespace {

constexpr gint64 check_interval = 50'000, consent_interval = 2'500'000, report_interval = 1'000'000,
                 feedback_interval = 100'000;
constexpr guint8 transport_number_id = 3;
constexpr const char* feedback_uri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

std::string random_text(size_t length) {
    static constexpr char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::string text;
    while (text.size() < length)
        text += letters[g_random_int_range(0, sizeof letters - 1)];
    return text;
}

// The value of the first line that starts so; "" where there is none.
std::string line_value(const std::string& text, const std::string& start) {
    auto at = text.find("\n" + start);
    if (at == text.npos)
        return {};
    at += 1 + start.size();
    return text.substr(at, text.find_first_of("\r\n", at) - at);
}

std::vector<sockaddr_in> udp_candidates(const std::string& text) {
    std::vector<sockaddr_in> list;
    for (auto at = text.find("a=candidate:"); at != text.npos; at = text.find("a=candidate:", at)) {
        auto end = text.find_first_of("\r\n", at);
        g_auto(GStrv) words = g_strsplit(text.substr(at, end - at).c_str(), " ", -1);
        at = end;
        sockaddr_in address{};
        if (g_strv_length(words) < 8 || g_ascii_strcasecmp(words[2], "udp") != 0 ||
            inet_pton(AF_INET, words[4], &address.sin_addr) != 1)
            continue;
        address.sin_family = AF_INET;
        address.sin_port = htons(guint16(atoi(words[5])));
        list.push_back(address);
    }
    return list;
}

} // namespace

Certificate::Certificate() {
    auto* key = EVP_EC_gen("P-256");
    auto* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400 * 30);
    X509_set_pubkey(certificate, key);
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const guint8*>("viewer"),
                               -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
    guint8 digest[32];
    guint size = 0;
    X509_digest(certificate, EVP_sha256(), digest, &size);
    for (guint i = 0; i < size; i++) {
        char byte[4];
        g_snprintf(byte, sizeof byte, "%s%02X", i ? ":" : "", digest[i]);
        fingerprint_ += byte;
    }
    context_ = SSL_CTX_new(DTLS_method());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    SSL_CTX_set_tlsext_use_srtp(context_, "SRTP_AES128_CM_SHA1_80");
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    SSL_CTX_set_options(context_, SSL_OP_NO_QUERY_MTU);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

Certificate::~Certificate() {
    SSL_CTX_free(context_);
}

Viewer::Viewer(const Certificate& certificate, const Wishes& wishes)
    : certificate_(certificate)
    , wishes_(wishes)
    , ufrag_(random_text(8))
    , password_(random_text(24))
    , tie_(guint64(g_random_int()) << 32 | g_random_int())
    , ssrc_(g_random_int()) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int room = 1 << 20;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    if (bind(socket_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0)
        g_error("no UDP port is free");
    stun_agent_init(&agent_, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    StunAgentUsageFlags(STUN_AGENT_USAGE_USE_FINGERPRINT |
                                        STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                        STUN_AGENT_USAGE_IGNORE_CREDENTIALS));
}

Viewer::~Viewer() {
    if (ssl_)
        SSL_free(ssl_);
    close(socket_);
}

std::string Viewer::offer() const {
    std::string transport = "c=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=recvonly\r\na=setup:actpass\r\n"
                            "a=ice-ufrag:" +
                            ufrag_ + "\r\na=ice-pwd:" + password_ + "\r\na=fingerprint:sha-256 " +
                            certificate_.fingerprint() + "\r\n";
    std::string video = wishes_.vp8 ? "102 VP8/90000\r\n"
                                    : "102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;"
                                      "packetization-mode=1;profile-level-id=42e01f\r\n";
    video = "a=rtpmap:" + video + "a=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n";
    if (wishes_.feedback) {
        transport +=
            "a=extmap:" + std::to_string(transport_number_id) + " " + feedback_uri + "\r\n";
        video += "a=rtcp-fb:102 transport-cc\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n";
    }
    return "v=0\r\no=- " + std::to_string(g_random_int()) +
           " 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
           "m=video 9 UDP/TLS/RTP/SAVPF 102" +
           (wishes_.feedback ? " 103\r\n" : "\r\n") + transport + "a=mid:0\r\n" + video +
           "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + transport +
           "a=mid:1\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n" +
           (wishes_.feedback ? "a=rtcp-fb:111 transport-cc\r\n" : "");
}

// Section by section, with the offer's own lines where they describe media.
std::string Viewer::answer(const std::string& offer) {
    std::string text = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
    g_auto(GStrv) lines = g_strsplit(offer.c_str(), "\n", -1);
    bool in_media = false;
    for (char** line = lines; *line; line++) {
        std::string word = g_strchomp(*line);
        if (word.starts_with("a=group:BUNDLE"))
            text += word + "\r\n";
        if (word.starts_with("m=")) {
            in_media = true;
            text += word +
                    "\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=recvonly\r\na=setup:active\r\n"
                    "a=ice-ufrag:" +
                    ufrag_ + "\r\na=ice-pwd:" + password_ + "\r\na=fingerprint:sha-256 " +
                    certificate_.fingerprint() + "\r\n";
        }
        bool media_line = word.starts_with("a=mid:") || word.starts_with("a=rtpmap:") ||
                          word.starts_with("a=fmtp:") || word.starts_with("a=rtcp-fb:");
        if (in_media && media_line)
            text += word + "\r\n";
    }
    return text;
}

bool Viewer::connect(const std::string& description, bool offering) {
    peer_ufrag_ = line_value(description, "a=ice-ufrag:");
    peer_password_ = line_value(description, "a=ice-pwd:");
    controlling_ = !offering;
    dtls_client_ = offering || line_value(description, "a=setup:") == "passive";
    candidates_ = udp_candidates(description);
    if (peer_password_.empty() || candidates_.empty())
        return false;
    peer_ = candidates_.front();
    return true;
}

void Viewer::send(const void* data, size_t size) {
    sendto(socket_, data, size, 0, reinterpret_cast<const sockaddr*>(&peer_), sizeof peer_);
}

void Viewer::tick(gint64 now) {
    if (peer_.sin_port == 0)
        return;
    if (now >= next_check_) {
        next_check_ = now + (paired_ ? consent_interval : check_interval);
        check();
    }
    if (ssl_ && !opener_) {
        DTLSv1_handle_timeout(ssl_);
        run_dtls();
    }
    if (sealer_ && now >= next_report_) {
        next_report_ = now + report_interval;
        report(now);
    }
    if (sealer_ && wishes_.feedback && now >= next_feedback_ && !streams_.empty()) {
        next_feedback_ = now + feedback_interval;
        if (auto packet = feedback_.take(ssrc_, streams_.begin()->first); !packet.empty())
            send_rtcp(std::move(packet));
    }
}

// A connectivity check (RFC 8445 section 7.2.2); later, consent (RFC 7675).
void Viewer::check() {
    // One after the other, until one answers.
    if (!paired_)
        peer_ = candidates_[checked_++ % candidates_.size()];
    StunMessage message;
    guint8 buffer[512];
    auto user = peer_ufrag_ + ":" + ufrag_;
    auto size = stun_usage_ice_conncheck_create(
        &agent_, &message, buffer, sizeof buffer, reinterpret_cast<const guint8*>(user.data()),
        user.size(), reinterpret_cast<const guint8*>(peer_password_.data()), peer_password_.size(),
        controlling_, controlling_, 0x6e001eff, tie_, nullptr,
        STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    send(buffer, size);
}

void Viewer::readable(gint64 now) {
    constexpr guint batch = 32;
    static guint8 buffers[batch][2048];
    sockaddr_in from[batch];
    iovec parts[batch];
    mmsghdr messages[batch];
    for (;;) {
        for (guint i = 0; i < batch; i++) {
            parts[i] = {buffers[i], sizeof buffers[i]};
            messages[i] = {};
            messages[i].msg_hdr.msg_name = &from[i];
            messages[i].msg_hdr.msg_namelen = sizeof from[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        int count = recvmmsg(socket_, messages, batch, 0, nullptr);
        for (int i = 0; i < count; i++)
            datagram({buffers[i], messages[i].msg_len}, from[i], now);
        if (count < int(batch))
            return;
    }
}

// RFC 7983: the first byte tells what it is.
void Viewer::datagram(std::span<guint8> data, const sockaddr_in& from, gint64 now) {
    if (data.size() < 2)
        return;
    if (data[0] < 4)
        return stun(data, from);
    if (data[0] >= 20 && data[0] <= 63) {
        if (!ssl_)
            start_dtls();
        BIO_write(in_, data.data(), int(data.size()));
        return run_dtls();
    }
    if (data[0] >> 6 != 2 || !opener_)
        return;
    bool is_rtcp = data[1] >= 192 && data[1] <= 223; // RFC 5761 section 4
    is_rtcp ? rtcp(data, now) : rtp(data, now);
}

void Viewer::stun(std::span<guint8> data, const sockaddr_in& from) {
    StunMessage message;
    if (stun_agent_validate(&agent_, &message, data.data(), data.size(), nullptr, nullptr) !=
        STUN_VALIDATION_SUCCESS)
        return;
    if (stun_message_get_class(&message) == STUN_REQUEST) {
        StunMessage reply;
        guint8 buffer[512];
        size_t size = sizeof buffer;
        sockaddr_storage address{};
        std::memcpy(&address, &from, sizeof from);
        bool controlling = controlling_;
        // The reply is signed with our own password.
        message.key = reinterpret_cast<guint8*>(password_.data());
        message.key_len = password_.size();
        stun_usage_ice_conncheck_create_reply(&agent_, &message, &reply, buffer, &size, &address,
                                              sizeof from, &controlling, tie_,
                                              STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
        sendto(socket_, buffer, size, 0, reinterpret_cast<const sockaddr*>(&from), sizeof from);
        return;
    }
    if (stun_message_get_class(&message) != STUN_RESPONSE || std::exchange(paired_, true))
        return;
    peer_ = from;
    next_check_ = g_get_monotonic_time() + consent_interval;
    start_dtls();
}

void Viewer::start_dtls() {
    if (ssl_)
        return;
    ssl_ = SSL_new(certificate_.context());
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_mtu(ssl_, 1200);
    dtls_client_ ? SSL_set_connect_state(ssl_) : SSL_set_accept_state(ssl_);
    run_dtls();
}

void Viewer::run_dtls() {
    bool done = SSL_do_handshake(ssl_) == 1;
    ERR_clear_error();
    char* data = nullptr;
    if (auto size = BIO_get_mem_data(out_, &data); size > 0) {
        send(data, size_t(size));
        (void)BIO_reset(out_);
    }
    if (done && !opener_)
        take_keys();
}

// RFC 5764 section 4.2: client key, server key, client salt, server salt.
void Viewer::take_keys() {
    static constexpr char label[] = "EXTRACTOR-dtls_srtp";
    guint8 material[60];
    if (SSL_export_keying_material(ssl_, material, sizeof material, label, sizeof label - 1,
                                   nullptr, 0, 0) != 1)
        g_error("DTLS exports no keys");
    SrtpMaster client, server;
    std::memcpy(client.data(), material, 16);
    std::memcpy(server.data(), material + 16, 16);
    std::memcpy(client.data() + 16, material + 32, 14);
    std::memcpy(server.data() + 16, material + 46, 14);
    sealer_ = std::make_unique<SrtpSealer>(dtls_client_ ? client : server);
    opener_ = std::make_unique<SrtpOpener>(dtls_client_ ? server : client);
}

void Viewer::rtp(std::span<guint8> packet, gint64 now) {
    if (packet.size() < 12)
        return;
    guint32 ssrc =
        guint32(packet[8]) << 24 | guint32(packet[9]) << 16 | guint32(packet[10]) << 8 | packet[11];
    auto sequence = guint16(packet[2] << 8 | packet[3]);
    auto found = streams_.find(ssrc);
    auto rollover = found == streams_.end() ? 0 : found->second.rollover(sequence);
    auto plain = opener_->open_rtp(packet, rollover);
    if (!plain) {
        refused_++;
        return;
    }
    receiving_ = true;
    if (auto number = transport_number(packet, transport_number_id); number && wishes_.feedback)
        feedback_.packet(*number, now);
    streams_.try_emplace(ssrc, ssrc).first->second.packet(sequence, plain->size());
}

void Viewer::rtcp(std::span<guint8> packet, gint64 now) {
    auto plain = opener_->open_rtcp(packet);
    if (!plain) {
        refused_++;
        return;
    }
    auto read = [&](size_t at) {
        return guint32((*plain)[at]) << 24 | guint32((*plain)[at + 1]) << 16 |
               guint32((*plain)[at + 2]) << 8 | (*plain)[at + 3];
    };
    constexpr guint8 sender_report = 200;
    if (plain->size() < 28 || (*plain)[1] != sender_report)
        return;
    reports_++;
    if (auto found = streams_.find(read(4)); found != streams_.end())
        found->second.sender_report(read(8) << 16 | read(12) >> 16, now);
}

// A receiver report about each stream, and an empty description (RFC 3550 sections 6.4.2, 6.5).
void Viewer::report(gint64 now) {
    std::vector<guint8> packet;
    auto blocks = MIN(streams_.size(), 31);
    append32(packet, 0x80c9'0000 | guint32(blocks) << 24 | guint32(1 + 6 * blocks));
    append32(packet, ssrc_);
    for (auto& [ssrc, stream] : streams_)
        if (blocks-- > 0)
            stream.append_block(packet, now);
    append32(packet, 0x81ca'0003);
    append32(packet, ssrc_);
    append32(packet, 0x0104'7669); // CNAME "view"
    append32(packet, 0x6577'0000);
    send_rtcp(std::move(packet));
}

void Viewer::send_rtcp(std::vector<guint8> packet) {
    auto size = packet.size();
    packet.resize(size + srtcp_trailer_size);
    send(packet.data(), sealer_->seal_rtcp(packet.data(), size, rtcp_index_++));
}

Counts Viewer::counts() const {
    Counts counts;
    for (const auto& [ssrc, stream] : streams_) {
        counts.packets += stream.packets();
        counts.bytes += stream.bytes();
        counts.lost += stream.lost();
    }
    counts.refused = refused_;
    counts.reports = reports_;
    return counts;
}

} // namespace rtc::farm
