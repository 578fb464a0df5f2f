// The rooms' messages: both ways, and what is no message.
#include "signaling/room/protocol.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::room;

namespace {

// As GStreamer's signaling server and gstwebrtc-api write them.
void client_messages_are_read_and_written() {
    const std::pair<const char*, ClientMessage> rows[] = {
        {R"({"type":"setProtocolVersion","version":"v1_1"})", SetProtocolVersion{Version::v1_1}},
        {R"({"type":"setProtocolVersion","version":"v1_0"})", SetProtocolVersion{Version::v1_0}},
        {R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":{"name":"hall"}})",
         SetPeerStatus{{.producer = true, .listener = true}, R"({"name":"hall"})"}},
        {R"({"type":"setPeerStatus","roles":["consumer"],"meta":null})",
         SetPeerStatus{{.consumer = true}, ""}},
        {R"({"type":"setPeerStatus","roles":[],"meta":null})", SetPeerStatus{}},
        {R"({"type":"list"})", List{}},
        {R"({"type":"listConsumers"})", ListConsumers{}},
        {R"({"type":"startSession","peerId":"p"})", AskSession{"p", std::nullopt}},
        {R"({"type":"startSession","peerId":"p","offer":"v=0\r\n"})", AskSession{"p", "v=0\r\n"}},
        {R"({"type":"peer","sessionId":"s","sdp":{"type":"offer","sdp":"v=0"}})",
         PeerMessage{"s", Description{true, "v=0"}}},
        {R"({"type":"peer","sessionId":"s","sdp":{"type":"answer","sdp":"v=0"}})",
         PeerMessage{"s", Description{false, "v=0"}}},
        {R"({"type":"peer","sessionId":"s","ice":{"candidate":"candidate:1","sdpMLineIndex":2}})",
         PeerMessage{"s", Candidate{2, "candidate:1"}}},
        {R"({"type":"endSession","sessionId":"s"})", EndSession{"s"}},
        {R"({"type":"endSessionV1_1","sessionId":"s","error":"no codec"})",
         EndSession{"s", Version::v1_1, "no codec"}},
        {R"({"type":"endSessionV1_1","sessionId":"s","error":null})",
         EndSession{"s", Version::v1_1}},
    };
    for (const auto& [text, message] : rows) {
        RTC_ASSERT_TEXT(to_json(message), text);
        auto parsed = parse_client_message(text);
        g_assert_true(parsed && *parsed == message);
    }
}

void server_messages_are_read_and_written() {
    const std::pair<const char*, ServerMessage> rows[] = {
        {R"({"type":"welcome","peerId":"p"})", Welcome{"p"}},
        {R"({"type":"peerStatusChanged","roles":["producer"],"meta":{"a":[1,2.5]},"peerId":"p"})",
         PeerStatusChanged{"p", {.producer = true}, R"({"a":[1,2.5]})"}},
        {R"({"type":"peerStatusChanged","roles":[],"meta":null,"peerId":"p"})",
         PeerStatusChanged{"p"}},
        {R"({"type":"list","producers":[{"id":"a","meta":null},{"id":"b","meta":{"name":"B"}}]})",
         Producers{{{"a", ""}, {"b", R"({"name":"B"})"}}}},
        {R"({"type":"listConsumers","consumers":[]})", Consumers{}},
        {R"({"type":"sessionStarted","peerId":"p","sessionId":"s"})", SessionStarted{"p", "s"}},
        {R"({"type":"startSession","peerId":"c","sessionId":"s","offer":null})",
         StartSession{"c", "s", std::nullopt}},
        {R"({"type":"startSession","peerId":"c","sessionId":"s","offer":"v=0"})",
         StartSession{"c", "s", "v=0"}},
        {R"({"type":"peer","sessionId":"s","ice":{"candidate":"","sdpMLineIndex":0}})",
         PeerMessage{"s", Candidate{0, ""}}},
        {R"({"type":"endSession","sessionId":"s"})", EndSession{"s"}},
        {R"({"type":"error","details":"Ä \"quoted\""})", Complaint{"Ä \"quoted\""}},
    };
    for (const auto& [text, message] : rows) {
        RTC_ASSERT_TEXT(to_json(message), text);
        auto parsed = parse_server_message(text);
        g_assert_true(parsed && *parsed == message);
    }
}

// Members in any order, more of them than we know, and those left out that others leave out.
void others_write_more_or_less() {
    auto ice = parse_client_message(
        R"( {"ice":{"usernameFragment":"x","sdpMid":"0","sdpMLineIndex":1,"candidate":"c"},
             "sessionId":"s", "type":"peer", "new":{"deep":[[[]]]}} )");
    g_assert_true(ice && *ice == ClientMessage(PeerMessage{"s", Candidate{1, "c"}}));
    auto status = parse_client_message(R"({"type":"setPeerStatus","roles":["listener"]})");
    g_assert_true(status && *status == ClientMessage(SetPeerStatus{{.listener = true}, ""}));
    auto listed = parse_server_message(R"({"type":"list","producers":[{"id":"a"}]})");
    g_assert_true(listed && *listed == ServerMessage(Producers{{{"a", ""}}}));
}

void what_is_no_message_is_refused() {
    auto many = [](int members) {
        std::string text;
        while (members--)
            text += ",\"a\":0";
        return text;
    };
    auto nested = [](int depth) {
        return R"({"type":"list","x":)" + std::string(size_t(depth), '[') +
               std::string(size_t(depth), ']') + "}";
    };
    const std::pair<std::string, const char*> rows[] = {
        {"", "no JSON object"},
        {"null", "no JSON object"},
        {"[]", "no JSON object"},
        {"{", "not JSON"},
        {R"({"type":"list"}})", "not JSON"},
        {"{'type':'list'}", "not JSON"},
        {R"({"type":"list"/* " */})", "not JSON"},
        {"{\"type\":\"\xff\"}", "UTF-8"},
        {std::string("{\"type\":\"list\"\0}", 16), "UTF-8"},
        {R"({"type":"endSession","sessionId":"\u0000"})", "NUL"},
        {R"({"type":"endSession","sessionId":"\ud800"})", "message"},
        {R"({"type":"setPeerStatus","roles":[],"meta":{"a":"\udc00"}})", "message"},
        {nested(24), "too deep"},
        {"{\"type\":\"newPeer\"" + many(300) + "}", "too many values"},
        {std::string(1 << 20, '['), "too deep"},
        {R"({})", "no \"type\""},
        {R"({"type":7})", "no \"type\""},
        {R"({"type":"welcome","peerId":"p"})", "no message of type \"welcome\""},
        {R"({"type":"setProtocolVersion"})", "v1_0"},
        {R"({"type":"setProtocolVersion","version":"v2_0"})", "v1_0"},
        {R"({"type":"setPeerStatus"})", "roles"},
        {R"({"type":"setPeerStatus","roles":"producer"})", "roles"},
        {R"({"type":"setPeerStatus","roles":[1]})", "roles"},
        {R"({"type":"setPeerStatus","roles":["king"]})", "king"},
        {R"({"type":"setPeerStatus","roles":[],"meta":"text"})", "meta"},
        {R"({"type":"startSession"})", "peerId"},
        {R"({"type":"peer","sessionId":"s"})", "\"sdp\" or \"ice\""},
        {R"({"type":"peer","sdp":{}})", "sessionId"},
        {R"({"type":"peer","sessionId":"s","sdp":{"type":"rollback","sdp":""}})",
         "offer or answer"},
        {R"({"type":"peer","sessionId":"s","sdp":{"type":"offer"}})", "offer or answer"},
        {R"({"type":"peer","sessionId":"s","ice":{"candidate":"c"}})", "sdpMLineIndex"},
        {R"({"type":"peer","sessionId":"s","ice":{"candidate":"c","sdpMLineIndex":-1}})",
         "sdpMLineIndex"},
        {R"({"type":"peer","sessionId":"s","ice":{"candidate":"c","sdpMLineIndex":1e9}})",
         "sdpMLineIndex"},
        {R"({"type":"endSession"})", "sessionId"},
    };
    for (const auto& [text, words] : rows) {
        auto parsed = parse_client_message(text);
        g_assert_false(bool(parsed));
        g_test_message("%s", parsed.error().message.c_str());
        g_assert_nonnull(strstr(parsed.error().message.c_str(), words));
    }
    g_assert_true(bool(parse_client_message(nested(23))));
    for (auto* text :
         {R"({"type":"welcome"})", R"({"type":"list"})", R"({"type":"list","producers":[1]})",
          R"({"type":"list","producers":[{}]})", R"({"type":"startSession","peerId":"p"})",
          R"({"type":"peerStatusChanged","roles":[]})"})
        g_assert_false(bool(parse_server_message(text)));
}

void meta_is_an_object() {
    RTC_ASSERT_TEXT(*parse_meta(""), "");
    RTC_ASSERT_TEXT(*parse_meta(" { \"name\" : \"hall\" } "), R"({"name":"hall"})");
    for (auto* text : {"hall", "[]", "\"hall\"", "{"})
        g_assert_false(bool(parse_meta(text)));
    RTC_ASSERT_TEXT(name_in(""), "");
    RTC_ASSERT_TEXT(name_in(R"({"name":"Böb"})"), "Böb");
    RTC_ASSERT_TEXT(name_in(R"({"display-name":"hall","name":""})"), "hall");
    RTC_ASSERT_TEXT(name_in(R"({"name":7})"), "");
    auto long_name = name_in(R"({"name":")" + std::string(5000, 'x') + "\"}");
    g_assert_cmpuint(long_name.size(), ==, 100);
}

// What a client may send as meta is still read by a client once it is in a list.
void the_deepest_meta_passes_through() {
    std::string meta = "{\"a\":" + std::string(22, '[') + std::string(22, ']') + "}";
    auto status =
        parse_client_message(R"({"type":"setPeerStatus","roles":[],"meta":)" + meta + "}");
    g_assert_true(bool(status));
    auto listed = to_json(Producers{{{"p", std::get<SetPeerStatus>(*status).meta}}});
    g_assert_true(bool(parse_server_message(listed)));
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/room-protocol/client", client_messages_are_read_and_written);
    g_test_add_func("/room-protocol/server", server_messages_are_read_and_written);
    g_test_add_func("/room-protocol/others", others_write_more_or_less);
    g_test_add_func("/room-protocol/refused", what_is_no_message_is_refused);
    g_test_add_func("/room-protocol/meta", meta_is_an_object);
    g_test_add_func("/room-protocol/deep-meta", the_deepest_meta_passes_through);
    return g_test_run();
}
