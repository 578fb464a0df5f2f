// Which offers a WHIP or WHEP server takes.
#include "signaling/whip/offer.hpp"
#include "tests/support/offers.hpp"

using namespace rtc;
using namespace rtc::whip;
using rtc::test::make_offer;

namespace {

guint status(Kind kind, const std::string& sdp) {
    auto read = read_offer(kind, sdp);
    auto* refusal = std::get_if<http::Response>(&read);
    return refusal ? refusal->status : 0;
}

std::string without(std::string text, const std::string& part) {
    for (auto at = text.find(part); at != text.npos; at = text.find(part))
        text.erase(at, part.size());
    return text;
}

void whip_takes_what_sends() {
    g_assert_cmpuint(status(Kind::whip, make_offer("sendonly")), ==, 0);
    g_assert_cmpuint(status(Kind::whip, make_offer("sendrecv")), ==, 0);
    g_assert_cmpuint(status(Kind::whip, make_offer("sendonly", {"audio"})), ==, 0);
    g_assert_cmpuint(status(Kind::whip, make_offer("recvonly")), ==, 422);
    g_assert_cmpuint(status(Kind::whip, make_offer("inactive")), ==, 422);
}

// RFC 9725 section 4.4.
void whip_takes_one_line_of_a_kind() {
    g_assert_cmpuint(status(Kind::whip, make_offer("sendonly", {"audio", "audio"})), ==, 422);
    g_assert_cmpuint(status(Kind::whip, make_offer("sendonly", {"video", "audio", "video"})), ==,
                     422);
    g_assert_cmpuint(status(Kind::whip, make_offer("sendonly", {"audio", "application"})), ==, 422);
}

void whep_takes_what_receives() {
    g_assert_cmpuint(status(Kind::whep, make_offer("recvonly")), ==, 0);
    g_assert_cmpuint(status(Kind::whep, make_offer("sendrecv")), ==, 0);
    g_assert_cmpuint(status(Kind::whep, make_offer("recvonly", {"video", "application"})), ==, 0);
    g_assert_cmpuint(status(Kind::whep, make_offer("sendonly")), ==, 422);
    g_assert_cmpuint(status(Kind::whep, make_offer("recvonly", {"application"})), ==, 422);
}

void garbage_is_400() {
    for (const char* text : {"", "garbage", "v=0\r\n", "{\"sdp\": \"v=0\"}"})
        g_assert_cmpuint(status(Kind::whip, text), ==, 400);
    std::vector<std::string> many(200, "audio");
    g_assert_cmpuint(status(Kind::whip, make_offer("sendonly", many)), ==, 400);
}

void unsafe_is_422() {
    auto offer = make_offer("sendonly");
    auto start = offer.find("a=fingerprint");
    auto line = offer.substr(start, offer.find("\r\n", start) + 2 - start);
    g_assert_cmpuint(status(Kind::whip, without(offer, line)), ==, 422);
    g_assert_cmpuint(status(Kind::whip, without(offer, "a=rtcp-mux\r\n")), ==, 422);
    g_assert_cmpuint(status(Kind::whip, without(offer, "a=ice-ufrag:abcd\r\n")), ==, 422);
}

void what_trickling_needs_is_kept() {
    auto read = read_offer(Kind::whip, make_offer("sendonly"));
    auto& offer = std::get<Offer>(read);
    g_assert_true(offer.mids == (std::vector<std::string>{"0", "1"}));
    g_assert_true(offer.ufrags == std::set<std::string>{test::offer_ufrag});
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/offer/whip-direction", whip_takes_what_sends);
    g_test_add_func("/offer/whip-lines", whip_takes_one_line_of_a_kind);
    g_test_add_func("/offer/whep-direction", whep_takes_what_receives);
    g_test_add_func("/offer/garbage", garbage_is_400);
    g_test_add_func("/offer/unsafe", unsafe_is_422);
    g_test_add_func("/offer/kept", what_trickling_needs_is_kept);
    return g_test_run();
}
