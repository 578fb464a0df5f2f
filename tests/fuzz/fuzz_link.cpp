// ICE servers, as URIs and in Link headers: what is read is written so that it is read the same.
#include "signaling/sdp/iceserver.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto& server : sdp::parse_link_header(text)) {
        auto again = sdp::parse_link_header(sdp::to_link_header(server));
        check(again.size() == 1 && again[0] == server, server.to_uri());
    }
    if (auto servers = sdp::parse_ice_servers(text))
        for (const auto& server : *servers) {
            auto again = sdp::parse_ice_server(server.to_uri());
            check(again && *again == server, server.to_uri());
            auto other = server;
            other.credential = "x";
            check(other.redacted() == server.redacted(), server.to_uri());
            auto links = sdp::parse_link_header(sdp::to_link_header(server));
            check(links.size() == 1, server.to_uri());
        }
    return 0;
}
