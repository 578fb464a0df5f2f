// JSON Web Tokens, their claims, keys and what an access service answers: whatever comes, it is
// judged, and nothing that lacks what must be there is let in.
#include "signaling/base/json.hpp"
#include "signaling/http/authcallback.hpp"
#include "signaling/http/jwt.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;
using namespace rtc::http;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr gint64 now = 1'700'000'000;
    auto verdict = judge_claims(text, {"me", "gst-rtc"}, {"publish", "/whip/hall"}, now);
    if (std::holds_alternative<Grant>(verdict)) {
        auto claims = JsonValue::parse(text, 8);
        check(claims && claims->integer("exp") > now && claims->text("iss") == "me",
              "granted without exp or iss");
    }
    if (auto header = read_jwt_header(text))
        check(header->algorithm.size() < size, "an algorithm out of nothing");
    if (auto claims = read_jwt_claims(text))
        check(claims->size() < size, "claims out of nothing");
    if (auto keys = read_key_set(text, ""))
        for (const auto& key : *keys)
            check(!key.algorithm.empty() && key.algorithm != "none" && !key.data.empty(),
                  key.algorithm);
    if (auto key = read_key(text, "RS256"))
        check(key->algorithm == "RS256" && !key->data.empty(), key->algorithm);
    for (guint status : {200u, 401u, 403u, 500u}) {
        auto answer = read_verdict(status, text, {"play", "/whep"});
        check(std::holds_alternative<Grant>(answer) == (status == 200),
              "let in by " + std::to_string(status));
    }
    return 0;
}
