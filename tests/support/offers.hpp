// Small offers that a WHIP or WHEP server takes, to be changed by each test.
#pragma once

#include <string>
#include <vector>

namespace rtc::test {

inline constexpr const char* offer_ufrag = "abcd";

// Bundled media sections of these kinds, all with one direction ("sendonly"); mids are "0", "1", …
inline std::string make_offer(const std::string& direction,
                              const std::vector<std::string>& kinds = {"audio", "video"}) {
    std::string group = "a=group:BUNDLE";
    for (size_t i = 0; i < kinds.size(); i++)
        group += " " + std::to_string(i);
    std::string text =
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + group + "\r\n";
    for (size_t i = 0; i < kinds.size(); i++) {
        bool data = kinds[i] == "application";
        text += data ? "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                     : "m=" + kinds[i] + " 9 UDP/TLS/RTP/SAVPF 96\r\n";
        text += "c=IN IP4 0.0.0.0\r\na=mid:" + std::to_string(i) +
                "\r\na=ice-ufrag:" + offer_ufrag +
                "\r\na=ice-pwd:0123456789abcdefghijklmn\r\n"
                "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:"
                "33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass\r\n";
        if (data)
            text += "a=sctp-port:5000\r\n";
        else
            text += "a=" + direction + "\r\na=rtcp-mux\r\na=rtpmap:96 " +
                    (kinds[i] == "audio" ? "opus/48000/2" : "VP8/90000") + "\r\n";
    }
    return text;
}

// Not one that a browser would take, but one that travels.
inline std::string make_answer() {
    return make_offer("recvonly");
}

} // namespace rtc::test
