#include "plugins/transport/srtp.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstring>

namespace rtc {
namespace {

guint32 read32(const guint8* at) {
    return guint32(at[0]) << 24 | guint32(at[1]) << 16 | guint32(at[2]) << 8 | at[3];
}
void write32(guint8* at, guint32 number) {
    for (int i = 3; i >= 0; i--, number >>= 8)
        at[i] = guint8(number);
}

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeMac {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;
using Mac = std::unique_ptr<EVP_MAC_CTX, FreeMac>;
using Iv = std::array<guint8, 16>;

// Labels of the key derivation (RFC 3711 section 4.3.2), rate zero: once and for all.
enum Label : guint8 { rtp_cipher = 0, rtcp_cipher = 3 };

Cipher make_cipher(const guint8* key) {
    Cipher cipher(EVP_CIPHER_CTX_new());
    EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ctr(), nullptr, key, nullptr);
    return cipher;
}

void derive(const SrtpMaster& master, guint8 label, std::span<guint8> out) {
    Iv iv{};
    std::memcpy(iv.data(), master.data() + 16, 14);
    iv[7] ^= label;
    auto cipher = make_cipher(master.data());
    EVP_EncryptInit_ex(cipher.get(), nullptr, nullptr, nullptr, iv.data());
    std::memset(out.data(), 0, out.size());
    int size = 0;
    EVP_EncryptUpdate(cipher.get(), out.data(), &size, out.data(), int(out.size()));
}

} // namespace

// Cipher, authentication and salting key of RTP or of RTCP.
class detail::SrtpKeys {
public:
    SrtpKeys(const SrtpMaster& master, Label first) {
        std::array<guint8, 16> cipher_key;
        std::array<guint8, 20> mac_key;
        derive(master, first, cipher_key);
        derive(master, guint8(first + 1), mac_key);
        derive(master, guint8(first + 2), salt_);
        cipher_ = make_cipher(cipher_key.data());
        auto* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        mac_.reset(EVP_MAC_CTX_new(hmac));
        EVP_MAC_free(hmac);
        char digest[] = "SHA1";
        OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_end(),
        };
        EVP_MAC_init(mac_.get(), mac_key.data(), mac_key.size(), parameters);
    }

    // AES counter mode (RFC 3711 section 4.1.1), both ways.
    void crypt(guint32 ssrc, guint64 index, std::span<const guint8> in, guint8* out) {
        begin(ssrc, index);
        go_on(in, out);
    }
    void begin(guint32 ssrc, guint64 index) {
        Iv iv{};
        std::memcpy(iv.data(), salt_.data(), salt_.size());
        for (int i = 0; i < 4; i++)
            iv[size_t(4 + i)] ^= guint8(ssrc >> (24 - 8 * i));
        for (int i = 0; i < 6; i++)
            iv[size_t(8 + i)] ^= guint8(index >> (40 - 8 * i));
        EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data());
    }
    void go_on(std::span<const guint8> in, guint8* out) {
        int size = 0;
        EVP_EncryptUpdate(cipher_.get(), out, &size, in.data(), int(in.size()));
    }

    // The tag over a packet, and over the rollover counter where there is one (section 4.2).
    void tag(std::span<const guint8> packet, const guint32* rollover, guint8* out) {
        EVP_MAC_init(mac_.get(), nullptr, 0, nullptr);
        EVP_MAC_update(mac_.get(), packet.data(), packet.size());
        if (rollover) {
            guint8 bytes[4];
            write32(bytes, *rollover);
            EVP_MAC_update(mac_.get(), bytes, sizeof bytes);
        }
        guint8 full[20];
        size_t size = 0;
        EVP_MAC_final(mac_.get(), full, &size, sizeof full);
        std::memcpy(out, full, srtp_tag_size);
    }

    bool verify(std::span<const guint8> packet, const guint32* rollover, const guint8* expected) {
        guint8 actual[srtp_tag_size];
        tag(packet, rollover, actual);
        return CRYPTO_memcmp(actual, expected, sizeof actual) == 0;
    }

private:
    Cipher cipher_;
    Mac mac_;
    std::array<guint8, 14> salt_;
};

size_t rtp_header_size(std::span<const guint8> packet) {
    if (packet.size() < 12 || packet[0] >> 6 != 2)
        return 0;
    size_t size = 12 + 4 * size_t(packet[0] & 0x0f);
    if (packet[0] & 0x10) {
        if (packet.size() < size + 4)
            return 0;
        size += 4 + 4 * (size_t(packet[size + 2]) << 8 | packet[size + 3]);
    }
    return size <= packet.size() ? size : 0;
}

SrtpSealer::SrtpSealer(const SrtpMaster& master)
    : rtp_(std::make_unique<detail::SrtpKeys>(master, rtp_cipher))
    , rtcp_(std::make_unique<detail::SrtpKeys>(master, rtcp_cipher)) {}
SrtpSealer::~SrtpSealer() = default;
SrtpSealer::SrtpSealer(SrtpSealer&&) noexcept = default;

size_t SrtpSealer::seal_rtp(std::span<const guint8> header, std::span<const guint8> payload,
                            guint32 rollover, guint8* out, std::span<const guint8> start) {
    std::memcpy(out, header.data(), header.size());
    guint64 index = guint64(rollover) << 16 | guint64(header[2]) << 8 | header[3];
    rtp_->begin(read32(header.data() + 8), index);
    if (!start.empty())
        rtp_->go_on(start, out + header.size());
    rtp_->go_on(payload, out + header.size() + start.size());
    auto size = header.size() + start.size() + payload.size();
    rtp_->tag({out, size}, &rollover, out + size);
    return size + srtp_tag_size;
}

size_t SrtpSealer::seal_rtcp(guint8* packet, size_t size, guint32 index) {
    rtcp_->crypt(read32(packet + 4), index, {packet + 8, size - 8}, packet + 8);
    write32(packet + size, index | 0x8000'0000);
    size += 4;
    rtcp_->tag({packet, size}, nullptr, packet + size);
    return size + srtp_tag_size;
}

SrtpOpener::SrtpOpener(const SrtpMaster& master)
    : rtp_(std::make_unique<detail::SrtpKeys>(master, rtp_cipher))
    , rtcp_(std::make_unique<detail::SrtpKeys>(master, rtcp_cipher)) {}
SrtpOpener::~SrtpOpener() = default;
SrtpOpener::SrtpOpener(SrtpOpener&&) noexcept = default;

std::optional<std::span<guint8>> SrtpOpener::open_rtp(std::span<guint8> packet, guint32 rollover) {
    if (packet.size() < 12 + srtp_tag_size)
        return std::nullopt;
    auto plain = packet.first(packet.size() - srtp_tag_size);
    auto header = rtp_header_size(plain);
    if (header == 0 || !rtp_->verify(plain, &rollover, plain.data() + plain.size()))
        return std::nullopt;
    guint64 index = guint64(rollover) << 16 | guint64(plain[2]) << 8 | plain[3];
    auto payload = plain.subspan(header);
    rtp_->crypt(read32(plain.data() + 8), index, payload, payload.data());
    return plain;
}

std::optional<std::span<guint8>> SrtpOpener::open_rtcp(std::span<guint8> packet) {
    if (packet.size() < 8 + srtcp_trailer_size)
        return std::nullopt;
    auto signed_part = packet.first(packet.size() - srtp_tag_size);
    if (!rtcp_->verify(signed_part, nullptr, signed_part.data() + signed_part.size()))
        return std::nullopt;
    auto plain = signed_part.first(signed_part.size() - 4);
    auto trailer = read32(plain.data() + plain.size());
    if (trailer & 0x8000'0000) {
        auto body = plain.subspan(8);
        rtcp_->crypt(read32(plain.data() + 4), trailer & 0x7fff'ffff, body, body.data());
    }
    return plain;
}

} // namespace rtc
