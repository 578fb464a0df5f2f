// a=fingerprint (RFC 8122) against the certificate that DTLS showed.
#include "signaling/sdp/attributes.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/sdp/text.hpp"

#include <algorithm>

namespace rtc::sdp {
namespace {

struct Hash {
    std::string_view name;
    GChecksumType type;
};
constexpr Hash strong_hashes[] = {
    {"sha-256", G_CHECKSUM_SHA256}, {"sha-384", G_CHECKSUM_SHA384}, {"sha-512", G_CHECKSUM_SHA512}};

const Hash* find_hash(std::string_view algorithm) {
    for (const auto& hash : strong_hashes)
        if (hash.name == algorithm)
            return &hash;
    return nullptr;
}

// "AB:CD:…"
bool is_hexadecimal_pairs(std::string_view text) {
    if (text.size() % 3 != 2)
        return false;
    for (size_t i = 0; i < text.size(); i++)
        if (i % 3 == 2 ? text[i] != ':' : !g_ascii_isxdigit(text[i]))
            return false;
    return true;
}

// The bytes of the first certificate of a PEM text (RFC 7468).
std::string der_of(std::string_view pem) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    constexpr std::string_view end = "-----END CERTIFICATE-----";
    auto from = pem.find(begin);
    if (from == pem.npos)
        return {};
    from += begin.size();
    auto to = pem.find(end, from);
    if (to == pem.npos)
        return {};
    std::string base64(pem.substr(from, to - from));
    gsize size = 0;
    Owned<char> bytes(reinterpret_cast<char*>(g_base64_decode(base64.c_str(), &size)));
    return std::string(bytes.get(), size);
}

std::string hash_of(std::string_view bytes, GChecksumType type) {
    Owned<char> digest(g_compute_checksum_for_data(
        type, reinterpret_cast<const guchar*>(bytes.data()), bytes.size()));
    std::string result;
    for (size_t i = 0; digest.get()[i]; i++) {
        if (i > 0 && i % 2 == 0)
            result += ':';
        result += g_ascii_toupper(digest.get()[i]);
    }
    return result;
}

} // namespace

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
    auto value = trim(text);
    auto algorithm = text::lower(take(value, ' '));
    value = trim(value);
    if (algorithm.empty() || !is_hexadecimal_pairs(value))
        return std::nullopt;
    return Fingerprint{algorithm, text::upper(value)};
}

bool is_strong(const Fingerprint& fingerprint) {
    const auto* hash = find_hash(fingerprint.algorithm);
    return hash &&
           (fingerprint.value.size() + 1) / 3 == size_t(g_checksum_type_get_length(hash->type));
}

std::vector<Fingerprint> fingerprints(const GstSDPMessage* message) {
    std::vector<Fingerprint> result;
    auto collect = [&](std::string_view key, std::string_view value) {
        if (key != "fingerprint")
            return;
        auto fingerprint = parse_fingerprint(value);
        if (fingerprint && std::find(result.begin(), result.end(), *fingerprint) == result.end())
            result.push_back(*fingerprint);
    };
    auto group = attributes::bundle(message);
    attributes::for_each(message, collect);
    for (guint i = 0; i < gst_sdp_message_medias_len(message); i++) {
        const auto* media = gst_sdp_message_get_media(message, i);
        if (!attributes::is_rejected(media, group))
            attributes::for_each(media, collect);
    }
    return result;
}

bool certificate_matches(std::string_view pem, std::span<const Fingerprint> fingerprints) {
    auto der = der_of(pem);
    if (der.empty())
        return false;
    return std::any_of(fingerprints.begin(), fingerprints.end(), [&](const Fingerprint& wanted) {
        const auto* hash = find_hash(wanted.algorithm);
        return hash && hash_of(der, hash->type) == wanted.value;
    });
}

} // namespace rtc::sdp
