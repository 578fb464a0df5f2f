#include "signaling/http/jwk.hpp"

#include "signaling/base/json.hpp"
#include "signaling/http/message.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

using namespace std::string_literals;

constexpr std::string_view begin_public = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view end_public = "-----END PUBLIC KEY-----";

// Object identifiers as DER (RFC 8017 appendix A.1, RFC 5480 section 2.1.1).
const std::string rsa_oid = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"s;
const std::string ec_oid = "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"s;

struct Curve {
    const char *name, *algorithm;
    size_t coordinate; // bytes
    std::string oid;
};
const Curve curves[] = {
    {"P-256", "ES256", 32, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"s},
    {"P-384", "ES384", 48, "\x06\x05\x2b\x81\x04\x00\x22"s},
    {"P-521", "ES512", 66, "\x06\x05\x2b\x81\x04\x00\x23"s},
};

std::string der(char tag, const std::string& content) {
    std::string length;
    if (content.size() < 128) {
        length = char(content.size());
    } else {
        for (auto size = content.size(); size; size >>= 8)
            length.insert(length.begin(), char(size & 0xff));
        length.insert(length.begin(), char(0x80 | length.size()));
    }
    return tag + length + content;
}

std::string der_integer(std::string bytes) {
    while (bytes.size() > 1 && bytes[0] == 0)
        bytes.erase(0, 1);
    if (bytes.empty() || bytes[0] & 0x80)
        bytes.insert(bytes.begin(), '\0');
    return der(0x02, bytes);
}

// SubjectPublicKeyInfo (RFC 5280 section 4.1) as PEM.
std::string to_pem(const std::string& algorithm, const std::string& key) {
    auto info = der(0x30, der(0x30, algorithm) + der(0x03, std::string(1, '\0') + key));
    Owned<char> text{g_base64_encode(reinterpret_cast<const guchar*>(info.data()), info.size())};
    std::string pem = std::string(begin_public) + "\n";
    for (std::string_view rest = text.get(); !rest.empty();
         rest.remove_prefix(std::min<size_t>(64, rest.size())))
        pem += std::string(rest.substr(0, 64)) + "\n";
    return pem + std::string(end_public) + "\n";
}

// What a PEM public key is good for, best first; empty for no known kind.
std::vector<std::string> algorithms_of(std::string_view pem) {
    auto from = pem.find(begin_public), to = pem.find(end_public);
    if (from == pem.npos || to == pem.npos || to < from)
        return {};
    std::string base64(pem.substr(from + begin_public.size(), to - from - begin_public.size()));
    gsize size = 0;
    auto* decoded = g_base64_decode(base64.c_str(), &size);
    Owned<char> owned{reinterpret_cast<char*>(decoded)};
    std::string_view info(owned.get(), size);
    if (info.find(rsa_oid) != info.npos)
        return {"RS256", "RS384", "RS512"};
    if (info.find(ec_oid) != info.npos)
        for (const auto& curve : curves)
            if (info.find(curve.oid) != info.npos)
                return {curve.algorithm};
    return {};
}

Result<VerificationKey> with_algorithm(VerificationKey key, const std::vector<std::string>& fit,
                                       std::string_view wanted) {
    if (fit.empty())
        return Error{"the key is neither RSA nor EC on P-256, P-384 or P-521"};
    key.algorithm = wanted.empty() ? fit[0] : std::string(wanted);
    if (std::find(fit.begin(), fit.end(), key.algorithm) == fit.end())
        return Error{"the algorithm " + key.algorithm + " doesn't go with the key, but " + fit[0] +
                     " does"};
    // HMAC keys are at least as long as the hash.
    if (key.algorithm.starts_with("HS") &&
        key.data.size() * 8 < std::stoul(key.algorithm.substr(2)))
        return Error{"the secret is too short for " + key.algorithm + ": it needs " +
                     std::to_string(std::stoul(key.algorithm.substr(2)) / 8) + " random bytes"};
    return key;
}

const std::vector<std::string> hmac_algorithms = {"HS256", "HS384", "HS512"};

std::optional<std::string> bytes_of(const JsonValue& jwk, const char* name) {
    auto text = jwk.text(name);
    return text ? decode_base64url(*text) : std::nullopt;
}

Result<VerificationKey> read_jwk(const JsonValue& jwk, std::string_view wanted) {
    VerificationKey key;
    key.id = jwk.text("kid").value_or("");
    auto algorithm = jwk.text("alg").value_or(std::string(wanted));
    if (!wanted.empty() && algorithm != wanted)
        return Error{"a key for another algorithm"};
    if (jwk.text("use").value_or("sig") != "sig")
        return Error{"no key for signatures"};
    auto type = jwk.text("kty").value_or("");
    if (type == "oct") {
        key.data = bytes_of(jwk, "k").value_or("");
        return with_algorithm(key, hmac_algorithms, algorithm);
    }
    if (type == "RSA") {
        auto n = bytes_of(jwk, "n"), e = bytes_of(jwk, "e");
        if (!n || !e || n->size() < 256) // 2048 bits (RFC 7518 section 3.3)
            return Error{"no RSA key that can be used"};
        key.data = to_pem(rsa_oid + "\x05\x00"s, der(0x30, der_integer(*n) + der_integer(*e)));
    } else if (type == "EC") {
        auto x = bytes_of(jwk, "x"), y = bytes_of(jwk, "y");
        for (const auto& curve : curves)
            if (x && y && jwk.text("crv") == curve.name && x->size() == curve.coordinate &&
                y->size() == curve.coordinate)
                key.data = to_pem(ec_oid + curve.oid, "\x04" + *x + *y);
    }
    return with_algorithm(key, algorithms_of(key.data), algorithm);
}

} // namespace

std::optional<std::string> decode_base64url(std::string_view text) {
    std::string base64(text);
    for (auto& c : base64) {
        if (!g_ascii_isalnum(c) && c != '-' && c != '_')
            return std::nullopt;
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    if (base64.size() % 4 == 1)
        return std::nullopt;
    base64.append((4 - base64.size() % 4) % 4, '=');
    gsize size = 0;
    Owned<char> decoded{reinterpret_cast<char*>(g_base64_decode(base64.c_str(), &size))};
    return std::string(decoded.get() ? decoded.get() : "", size);
}

Result<VerificationKey> read_key(std::string_view text, std::string_view algorithm) {
    if (text.find("PRIVATE KEY-----") != text.npos)
        return Error{"it is a private key; tokens are verified with the public one"};
    VerificationKey key;
    if (text.find("-----BEGIN") != text.npos) {
        key.data = text;
        return with_algorithm(key, algorithms_of(text), algorithm);
    }
    key.data = trim(text);
    return with_algorithm(key, hmac_algorithms, algorithm);
}

Result<std::vector<VerificationKey>> read_key_set(std::string_view json,
                                                  std::string_view algorithm) {
    auto set = JsonValue::parse(json);
    if (!set)
        return set.error();
    std::vector<VerificationKey> keys;
    for (const auto& jwk : set->objects("keys").value_or(std::vector<JsonValue>{}))
        if (auto key = read_jwk(jwk, algorithm))
            keys.push_back(std::move(*key));
    if (keys.empty())
        return Error{"the set holds no key that can be used to verify signatures"};
    return keys;
}

} // namespace rtc::http
