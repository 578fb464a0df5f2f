// Sealing and opening, against the vectors of RFC 3711 and, where it is installed, libsrtp2.
#include "plugins/transport/srtp.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#ifdef HAVE_SRTP
#include <srtp2/srtp.h>
#endif

using namespace rtc;

namespace {

using Bytes = std::vector<guint8>;

Bytes from_hex(const char* hex) {
    Bytes bytes;
    for (; hex[0] && hex[1]; hex += 2)
        bytes.push_back(guint8(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1])));
    return bytes;
}

SrtpMaster master_of(const char* hex) {
    SrtpMaster master{};
    auto bytes = from_hex(hex);
    g_assert_cmpuint(bytes.size(), ==, master.size());
    std::ranges::copy(bytes, master.begin());
    return master;
}

// The packet and the key of libsrtp's own reference test (srtp_driver.c), as many use it.
constexpr const char* reference_key =
    "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6";
constexpr const char* reference_header = "800f1234decafbadcafebabe";
constexpr const char* reference_sealed = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402"
                                         "b78d6acc99ea179b8dbb";

Bytes seal(SrtpSealer& sealer, const Bytes& header, const Bytes& payload, guint32 rollover = 0) {
    Bytes out(header.size() + payload.size() + srtp_tag_size);
    g_assert_cmpuint(sealer.seal_rtp(header, payload, rollover, out.data()), ==, out.size());
    return out;
}

void test_reference() {
    SrtpSealer sealer(master_of(reference_key));
    Bytes payload(16, 0xab);
    auto sealed = seal(sealer, from_hex(reference_header), payload);
    g_assert_true(sealed == from_hex(reference_sealed));
    // The next packet of the same keys owes nothing to the one before.
    g_assert_true(seal(sealer, from_hex(reference_header), payload) == sealed);

    SrtpOpener opener(master_of(reference_key));
    auto opened = opener.open_rtp(sealed, 0);
    g_assert_true(opened.has_value());
    g_assert_cmpuint(opened->size(), ==, 28);
    g_assert_true(Bytes(opened->begin() + 12, opened->end()) == payload);
}

void test_refuses() {
    SrtpSealer sealer(master_of(reference_key));
    auto sealed = seal(sealer, from_hex(reference_header), Bytes(100, 7));
    SrtpOpener opener(master_of(reference_key));
    for (size_t at : {size_t(1), size_t(20), sealed.size() - 1}) {
        auto broken = sealed;
        broken[at] ^= 1;
        g_assert_false(opener.open_rtp(broken, 0).has_value());
    }
    auto other_turn = sealed;
    g_assert_false(opener.open_rtp(other_turn, 1).has_value());
    for (size_t size = 0; size < 22; size++) {
        Bytes cut(sealed.begin(), sealed.begin() + gssize(size));
        g_assert_false(opener.open_rtp(cut, 0).has_value());
        g_assert_false(opener.open_rtcp(cut).has_value());
    }
}

void test_rtcp() {
    SrtpSealer sealer(master_of(reference_key));
    SrtpOpener opener(master_of(reference_key));
    auto report = from_hex("80c90001cafebabe81c90001cafebabe");
    auto packet = report;
    packet.resize(report.size() + srtcp_trailer_size);
    g_assert_cmpuint(sealer.seal_rtcp(packet.data(), report.size(), 1234), ==, packet.size());
    g_assert_true(std::equal(report.begin(), report.begin() + 8, packet.begin()));
    g_assert_false(std::equal(report.begin() + 8, report.end(), packet.begin() + 8));
    g_assert_cmpuint(packet[report.size()], ==, 0x80); // encrypted
    auto broken = packet;
    broken[10] ^= 1;
    g_assert_false(opener.open_rtcp(broken).has_value());
    auto opened = opener.open_rtcp(packet);
    g_assert_true(opened.has_value());
    g_assert_true(Bytes(opened->begin(), opened->end()) == report);
}

void test_header_size() {
    g_assert_cmpuint(rtp_header_size(from_hex(reference_header)), ==, 12);
    // One CSRC; an extension of one word.
    g_assert_cmpuint(rtp_header_size(from_hex("81600001000000010000000200000003aa")), ==, 16);
    g_assert_cmpuint(rtp_header_size(from_hex("906000010000000100000002bede000110ff000055")), ==,
                     20);
    g_assert_cmpuint(rtp_header_size(from_hex("906000010000000100000002bede0002")), ==, 0);
    g_assert_cmpuint(rtp_header_size(from_hex("4060000100000001000000025555")), ==, 0);
    g_assert_cmpuint(rtp_header_size({}), ==, 0);
}

#ifdef HAVE_SRTP
// Packets of any size, over a turn of the sequence number, read by libsrtp2.
void test_libsrtp() {
    g_assert_cmpint(srtp_init(), ==, srtp_err_status_ok);
    auto key = master_of(reference_key);
    srtp_policy_t policy{};
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    policy.ssrc.type = ssrc_any_inbound;
    policy.key = key.data();
    policy.window_size = 1024;
    srtp_t session = nullptr;
    g_assert_cmpint(srtp_create(&session, &policy), ==, srtp_err_status_ok);
    SrtpSealer sealer(key);
    auto header = from_hex("90e00000000000010a0b0c0dbede000110ffff00");
    for (guint32 i = 0; i < 200; i++) {
        guint32 index = 0xff80 + i;
        header[2] = guint8(index >> 8), header[3] = guint8(index);
        Bytes payload(i * 7 + 1, guint8(i));
        auto packet = seal(sealer, header, payload, index >> 16);
        int size = int(packet.size());
        g_assert_cmpint(srtp_unprotect(session, packet.data(), &size), ==, srtp_err_status_ok);
        g_assert_cmpuint(guint(size), ==, header.size() + payload.size());
        g_assert_true(std::equal(payload.begin(), payload.end(), packet.begin() + 20));
    }
    for (guint32 i = 0; i < 10; i++) {
        auto report = from_hex("80c90001cafebabe81c90001cafebabe");
        auto packet = report;
        packet.resize(report.size() + srtcp_trailer_size);
        int size = int(sealer.seal_rtcp(packet.data(), report.size(), i));
        g_assert_cmpint(srtp_unprotect_rtcp(session, packet.data(), &size), ==, srtp_err_status_ok);
        packet.resize(size_t(size));
        g_assert_true(packet == report);
    }
    srtp_dealloc(session);
    srtp_shutdown();
}
#endif

// Whoever reads the memory later finds nothing.
void test_wipes() {
    alignas(SrtpMaster) guint8 memory[sizeof(SrtpMaster)];
    auto* key = new (memory) SrtpMaster(master_of(reference_key));
    g_assert_cmphex(memory[0], ==, 0xe1);
    key->~SrtpMaster();
    for (auto byte : memory)
        g_assert_cmphex(byte, ==, 0);

    alignas(SecretText) guint8 place[sizeof(SecretText)];
    auto* secret = new (place) SecretText("short enough");
    SecretText moved = std::move(*secret);
    g_assert_true(moved.view() == "short enough" && secret->empty());
    g_assert_null(memmem(place, sizeof place, "short", 5));
    *secret = std::move(moved);
    g_assert_nonnull(memmem(place, sizeof place, "short", 5));
    secret->~SecretText();
    g_assert_null(memmem(place, sizeof place, "short", 5));
}

// Where OpenSSL refuses, nothing goes out, least of all in the clear, and nothing is taken. The
// last test: it leaves OpenSSL so.
void test_openssl_refuses() {
    g_assert_true(srtp_is_available());
    SrtpSealer before(master_of(reference_key));
    Bytes payload(16, 0xab);
    auto sealed = seal(before, from_hex(reference_header), payload);
    g_assert_cmpint(EVP_set_default_properties(nullptr, "provider=nobody"), ==, 1);
    SrtpSealer sealer(master_of(reference_key));
    Bytes out(128);
    g_assert_cmpuint(sealer.seal_rtp(from_hex(reference_header), payload, 0, out.data()), ==, 0);
    auto report = from_hex("80c90001cafebabe81c90001cafebabe");
    report.resize(report.size() + srtcp_trailer_size);
    g_assert_cmpuint(sealer.seal_rtcp(report.data(), 16, 0), ==, 0);
    SrtpOpener opener(master_of(reference_key));
    g_assert_false(opener.open_rtp(sealed, 0).has_value());
    g_assert_false(opener.open_rtcp(report).has_value());
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/srtp/reference", test_reference);
    g_test_add_func("/srtp/refuses", test_refuses);
    g_test_add_func("/srtp/rtcp", test_rtcp);
    g_test_add_func("/srtp/header-size", test_header_size);
#ifdef HAVE_SRTP
    g_test_add_func("/srtp/libsrtp", test_libsrtp);
#endif
    g_test_add_func("/srtp/wipes", test_wipes);
    g_test_add_func("/srtp/openssl-refuses", test_openssl_refuses);
    return g_test_run();
}
