// Descriptions: whatever is read can be judged, changed and written, and stays what it was judged.
#include "signaling/sdp/sdp.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;
using sdp::DescriptionType;

static void walk(const GstSDPMessage* message) {
    for (const auto& line : sdp::media_lines(message)) {
        for (const auto& payload : line.payloads) {
            sdp::same_codec(payload, "H264", 90000, 0, "profile-level-id=42e01f");
            sdp::same_codec(payload, payload.name, payload.clock_rate, payload.channels,
                            payload.fmtp);
            line.rtx_for(payload.type);
        }
        sdp::ice_credentials(message, line.index);
    }
    auto fingerprints = sdp::fingerprints(message);
    sdp::certificate_matches("-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----",
                             fingerprints);
    sdp::candidates(message);
    sdp::ice_complete(message);
}

static void change(GstSDPMessage* message, const GstSDPMessage* original) {
    const std::string_view uris[] = {sdp::extension::mid};
    for (const auto& line : sdp::media_lines(message)) {
        auto* media = sdp::media_at(message, line.index);
        if (!line.payloads.empty())
            sdp::keep_payloads(media, {line.payloads.back().type});
        sdp::keep_extensions(media, uris);
        sdp::set_msid(media, "a", "b");
        sdp::set_ssrcs(media, {1, 2, 3}, "c");
    }
    sdp::patch_offer(message);
    sdp::patch_answer(message, original);
}

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    auto read = sdp::parse({reinterpret_cast<const char*>(data), size});
    if (!read) {
        check(g_utf8_validate(read.error().message.c_str(), -1, nullptr), "an error not in UTF-8");
        return 0;
    }
    auto message = std::move(*read);
    walk(message.get());
    check(bool(sdp::parse(sdp::to_string(message.get()), {.bytes = 1 << 20})),
          "what was written can't be read");
    bool is_offer = bool(sdp::validate(message.get(), DescriptionType::offer));
    bool is_answer = bool(sdp::validate(message.get(), DescriptionType::answer));

    auto changed = sdp::copy(message.get());
    sdp::normalise(changed.get());
    if (is_offer)
        check(bool(sdp::validate(changed.get(), DescriptionType::offer)),
              "an offer is no valid one any more");
    if (is_answer)
        check(bool(sdp::validate(changed.get(), DescriptionType::answer)),
              "an answer is no valid one any more");
    auto once = sdp::to_string(changed.get());
    sdp::normalise(changed.get());
    check(!(is_offer || is_answer) || once == sdp::to_string(changed.get()),
          "normalising twice makes a difference");
    change(changed.get(), message.get());
    walk(changed.get());
    return 0;
}
