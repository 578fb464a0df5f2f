// The rooms' messages: what is read is written so that it is read the same, as UTF-8.
#include "signaling/room/protocol.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rtc;

namespace {

template <typename Parse>
void try_parser(Parse parse, std::string_view text) {
    auto message = parse(text);
    if (!message)
        return;
    auto written = room::to_json(*message);
    check(g_utf8_validate(written.data(), gssize(written.size()), nullptr), "UTF-8");
    auto again = parse(written);
    check(again && *again == *message, written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    try_parser(room::parse_client_message, text);
    try_parser(room::parse_server_message, text);
    if (auto meta = room::parse_meta(text)) {
        room::name_in(*meta);
        check(*room::parse_meta(*meta) == *meta, *meta);
    }
    return 0;
}
