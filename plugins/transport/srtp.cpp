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

// nullptr: OpenSSL failed.
Cipher make_cipher(const guint8* key) {
    Cipher cipher(EVP_CIPHER_CTX_new());
    bool made =
        cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ctr(), nullptr, key, nullptr) == 1;
    return made ? std::move(cipher) : nullptr;
}

bool encrypt(EVP_CIPHER_CTX* cipher, std::span<const guint8> in, guint8* out) {
    int size = 0;
    return EVP_EncryptUpdate(cipher, out, &size, in.data(), int(in.size())) == 1 &&
           size_t(size) == in.size();
}

bool derive(const SrtpMaster& master, guint8 label, std::span<guint8> out) {
    Iv iv{};
    std::memcpy(iv.data(), master.data() + 16, 14);
    iv[7] ^= label;
    auto cipher = make_cipher(master.data());
    std::memset(out.data(), 0, out.size());
    return cipher && EVP_EncryptInit_ex(cipher.get(), nullptr, nullptr, nullptr, iv.data()) == 1 &&
           encrypt(cipher.get(), out, out.data());
}

Mac make_mac(std::span<const guint8> key) {
    auto* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    Mac mac(hmac ? EVP_MAC_CTX_new(hmac) : nullptr);
    EVP_MAC_free(hmac);
    char digest[] = "SHA1";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool made = mac && EVP_MAC_init(mac.get(), key.data(), key.size(), parameters) == 1;
    return made ? std::move(mac) : nullptr;
}

} // namespace

// Cipher, authentication and salting key of RTP or of RTCP.
class detail::SrtpKeys {
public:
    // nullptr: OpenSSL failed.
    static std::unique_ptr<SrtpKeys> make(const SrtpMaster& master, Label first) {
        std::unique_ptr<SrtpKeys> keys(new SrtpKeys);
        SecretBytes<16> cipher_key;
        SecretBytes<20> mac_key;
        if (!derive(master, first, cipher_key) || !derive(master, guint8(first + 1), mac_key) ||
            !derive(master, guint8(first + 2), keys->salt_))
            return nullptr;
        keys->cipher_ = make_cipher(cipher_key.data());
        keys->mac_ = make_mac(mac_key);
        return keys->cipher_ && keys->mac_ ? std::move(keys) : nullptr;
    }

    // AES counter mode (RFC 3711 section 4.1.1), both ways. false, as below: OpenSSL failed.
    bool crypt(guint32 ssrc, guint64 index, std::span<const guint8> in, guint8* out) {
        return begin(ssrc, index) && go_on(in, out);
    }
    bool begin(guint32 ssrc, guint64 index) {
        Iv iv{};
        std::memcpy(iv.data(), salt_.data(), salt_.size());
        for (int i = 0; i < 4; i++)
            iv[size_t(4 + i)] ^= guint8(ssrc >> (24 - 8 * i));
        for (int i = 0; i < 6; i++)
            iv[size_t(8 + i)] ^= guint8(index >> (40 - 8 * i));
        return EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data()) == 1;
    }
    bool go_on(std::span<const guint8> in, guint8* out) {
        return in.empty() || encrypt(cipher_.get(), in, out);
    }

    // The tag over a packet, and over the rollover counter where there is one (section 4.2).
    bool tag(std::span<const guint8> packet, const guint32* rollover, guint8* out) {
        guint8 counter[4];
        write32(counter, rollover ? *rollover : 0);
        guint8 full[20];
        size_t size = 0;
        bool made = EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1 &&
                    EVP_MAC_update(mac_.get(), packet.data(), packet.size()) == 1 &&
                    EVP_MAC_update(mac_.get(), counter, rollover ? sizeof counter : 0) == 1 &&
                    EVP_MAC_final(mac_.get(), full, &size, sizeof full) == 1 && size == sizeof full;
        if (made)
            std::memcpy(out, full, srtp_tag_size);
        return made;
    }

    bool verify(std::span<const guint8> packet, const guint32* rollover, const guint8* expected) {
        guint8 actual[srtp_tag_size];
        return tag(packet, rollover, actual) && CRYPTO_memcmp(actual, expected, sizeof actual) == 0;
    }

private:
    SrtpKeys() = default;

    Cipher cipher_;
    Mac mac_;
    SecretBytes<14> salt_;
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

bool srtp_is_available() {
    static const bool available = bool(detail::SrtpKeys::make({}, rtp_cipher));
    return available;
}

SrtpSealer::SrtpSealer(const SrtpMaster& master)
    : rtp_(detail::SrtpKeys::make(master, rtp_cipher))
    , rtcp_(detail::SrtpKeys::make(master, rtcp_cipher)) {}
SrtpSealer::~SrtpSealer() = default;
SrtpSealer::SrtpSealer(SrtpSealer&&) noexcept = default;

size_t SrtpSealer::seal_rtp(std::span<const guint8> header, std::span<const guint8> payload,
                            guint32 rollover, guint8* out, std::span<const guint8> start) {
    std::memcpy(out, header.data(), header.size());
    guint64 index = guint64(rollover) << 16 | guint64(header[2]) << 8 | header[3];
    auto size = header.size() + start.size() + payload.size();
    bool sealed = rtp_ && rtp_->begin(read32(header.data() + 8), index) &&
                  rtp_->go_on(start, out + header.size()) &&
                  rtp_->go_on(payload, out + header.size() + start.size()) &&
                  rtp_->tag({out, size}, &rollover, out + size);
    return sealed ? size + srtp_tag_size : 0;
}

size_t SrtpSealer::seal_rtcp(guint8* packet, size_t size, guint32 index) {
    if (!rtcp_ || !rtcp_->crypt(read32(packet + 4), index, {packet + 8, size - 8}, packet + 8))
        return 0;
    write32(packet + size, index | 0x8000'0000);
    size += 4;
    return rtcp_->tag({packet, size}, nullptr, packet + size) ? size + srtp_tag_size : 0;
}

SrtpOpener::SrtpOpener(const SrtpMaster& master)
    : rtp_(detail::SrtpKeys::make(master, rtp_cipher))
    , rtcp_(detail::SrtpKeys::make(master, rtcp_cipher)) {}
SrtpOpener::~SrtpOpener() = default;
SrtpOpener::SrtpOpener(SrtpOpener&&) noexcept = default;

std::optional<std::span<guint8>> SrtpOpener::open_rtp(std::span<guint8> packet, guint32 rollover) {
    if (!rtp_ || packet.size() < 12 + srtp_tag_size)
        return std::nullopt;
    auto plain = packet.first(packet.size() - srtp_tag_size);
    auto header = rtp_header_size(plain);
    if (header == 0 || !rtp_->verify(plain, &rollover, plain.data() + plain.size()))
        return std::nullopt;
    guint64 index = guint64(rollover) << 16 | guint64(plain[2]) << 8 | plain[3];
    auto payload = plain.subspan(header);
    if (!rtp_->crypt(read32(plain.data() + 8), index, payload, payload.data()))
        return std::nullopt;
    return plain;
}

std::optional<std::span<guint8>> SrtpOpener::open_rtcp(std::span<guint8> packet) {
    if (!rtcp_ || packet.size() < 8 + srtcp_trailer_size)
        return std::nullopt;
    auto signed_part = packet.first(packet.size() - srtp_tag_size);
    if (!rtcp_->verify(signed_part, nullptr, signed_part.data() + signed_part.size()))
        return std::nullopt;
    auto plain = signed_part.first(signed_part.size() - 4);
    auto trailer = read32(plain.data() + plain.size());
    if (trailer & 0x8000'0000) {
        auto body = plain.subspan(8);
        if (!rtcp_->crypt(read32(plain.data() + 4), trailer & 0x7fff'ffff, body, body.data()))
            return std::nullopt;
    }
    return plain;
}

} // namespace rtc
