// What is agreed for offers and answers of many kinds.
#include "plugins/rtc/mediaplan.hpp"

#include "tests/support/sametext.hpp"

#include <algorithm>

using namespace rtc;

namespace {

constexpr char transport_cc[] =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

std::string audio_line(const char* direction) {
    return std::string("m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=") +
           direction +
           "\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
           "a=rtcp-fb:111 transport-cc\r\na=extmap:3 " +
           transport_cc + "\r\n";
}

std::string video_line(const char* direction, const char* mid = "1") {
    return std::string("m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 45\r\nc=IN IP4 0.0.0.0\r\n"
                       "a=mid:") +
           mid + "\r\na=" + direction +
           "\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
           "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
           "a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;"
           "packetization-mode=1;profile-level-id=42e01f\r\na=rtcp-fb:102 nack\r\n"
           "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
           "a=rtpmap:45 FLEXIBLE/90000\r\na=extmap:3 " +
           transport_cc + "\r\na=extmap:13 urn:3gpp:video-orientation\r\n";
}

std::vector<sdp::MediaLine> lines_of(const std::string& media, sdp::Message* message = nullptr) {
    auto parsed = sdp::parse("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + media);
    g_assert_true(bool(parsed));
    auto lines = sdp::media_lines(parsed->get());
    if (message)
        *message = std::move(*parsed);
    return lines;
}

std::vector<const Codec*> codecs_of(std::initializer_list<const char*> names) {
    std::vector<const Codec*> list;
    for (const auto* name : names)
        list.push_back(find_codec(name));
    return list;
}

SendSource source(const char* id, Kind kind, std::initializer_list<const char*> names,
                  const char* fmtp = "") {
    SendSource result{id, kind, {}};
    for (const auto* codec : codecs_of(names))
        result.formats.push_back({codec, fmtp});
    return result;
}

void receives_the_peers_first_choice() {
    auto offer = lines_of(audio_line("sendonly") + video_line("sendonly"));
    auto plan = plan_answer(offer, {codecs_of({"H264", "VP8", "PCMU", "opus"}), {}});
    g_assert_true(bool(plan));
    g_assert_cmpuint(plan->size(), ==, 2);
    g_assert_cmpint(plan->at(0).formats.at(0).payload.type, ==, 111);
    g_assert_true(plan->at(0).receives() && !plan->at(0).sends());
    g_assert_false(plan->at(0).wants_nack());
    g_assert_cmpint(plan->at(1).formats.at(0).payload.type, ==, 96);
    g_assert_cmpint(plan->at(1).formats.at(0).rtx_type, ==, 97);
    g_assert_true(plan->at(1).wants_nack());
    g_assert_true(plan->at(1).transport_cc_id == 3u);
}

// FlexFEC is for any pictures; ULPFEC for those that a peer puts together without every number.
void knows_who_takes_repair() {
    auto plan_for = [](const std::string& name, const std::string& formats) {
        auto line = lines_of("m=video 9 UDP/TLS/RTP/SAVPF 96 118 120 49\r\na=mid:0\r\n"
                             "a=recvonly\r\na=rtpmap:96 " +
                             name + "/90000\r\na=fmtp:96 packetization-mode=1\r\n" + formats);
        auto plan = plan_answer(line, {{}, {source("v", Kind::video, {name.c_str()})}});
        g_assert_true(bool(plan));
        return plan->at(0).formats.at(0);
    };
    const std::string ulpfec = "a=rtpmap:118 red/90000\r\na=rtpmap:120 ulpfec/90000\r\n",
                      flexfec = "a=rtpmap:49 flexfec-03/90000\r\n"
                                "a=fmtp:49 repair-window=10000000\r\n";
    for (const char* name : {"VP8", "VP9", "H264", "H265", "AV1"}) {
        bool between = g_str_has_prefix(name, "VP");
        auto format = plan_for(name, ulpfec);
        g_assert_true(format.takes_ulpfec() == between);
        g_assert_false(format.takes_flexfec());
        g_assert_cmpint(format.red_type, ==, between ? 118 : -1);
        g_assert_cmpint(format.ulpfec_type, ==, between ? 120 : -1);
        // It wins over the other.
        format = plan_for(name, ulpfec + flexfec);
        g_assert_true(format.takes_flexfec());
        g_assert_false(format.takes_ulpfec());
        g_assert_cmpint(format.flexfec_type, ==, 49);
        format = plan_for(name, "");
        g_assert_false(format.takes_ulpfec() || format.takes_flexfec());
    }
}

void receives_only_what_is_accepted() {
    auto offer = lines_of(video_line("sendonly"));
    auto plan = plan_answer(offer, {codecs_of({"H264"}), {}});
    g_assert_true(bool(plan));
    g_assert_cmpint(plan->at(0).formats.at(0).payload.type, ==, 102);
    g_assert_cmpint(plan->at(0).formats.at(0).rtx_type, ==, 103);
}

void refuses_a_line_nobody_can_read() {
    auto offer = lines_of(audio_line("sendonly") + video_line("sendonly"));
    auto plan = plan_answer(offer, {codecs_of({"opus", "VP9"}), {}});
    g_assert_false(bool(plan));
    g_assert_nonnull(strstr(plan.error().message.c_str(), "VP8, H264"));
}

void sends_what_the_viewer_takes() {
    auto offer = lines_of(audio_line("recvonly") + video_line("recvonly"));
    Capabilities publisher{{},
                           {source("video_0", Kind::video, {"VP9", "H264", "VP8"}),
                            source("audio_0", Kind::audio, {"opus"})}};
    auto plan = plan_answer(offer, publisher);
    g_assert_true(bool(plan));
    RTC_ASSERT_TEXT(plan->at(0).stream_id, "audio_0");
    RTC_ASSERT_TEXT(plan->at(1).stream_id, "video_0");
    g_assert_true(plan->at(1).sends() && !plan->at(1).receives());
    g_assert_cmpint(plan->at(1).formats.at(0).payload.type, ==, 102);
}

void sends_another_h264_profile_on_the_line_there_is() {
    auto offer = lines_of(video_line("recvonly"));
    Capabilities publisher{
        {},
        {source("video_0", Kind::video, {"H264"}, "packetization-mode=1;profile-level-id=640028")}};
    auto plan = plan_answer(offer, publisher);
    g_assert_true(bool(plan));
    g_assert_cmpint(plan->at(0).formats.at(0).payload.type, ==, 102);
}

void leaves_lines_without_a_stream_inactive() {
    auto offer = lines_of(audio_line("recvonly") + video_line("recvonly"));
    auto plan = plan_answer(offer, {{}, {source("video_0", Kind::video, {"VP8"})}});
    g_assert_true(bool(plan));
    g_assert_cmpuint(plan->size(), ==, 2);
    g_assert_true(plan->at(0).direction == sdp::Direction::inactive);
    g_assert_cmpuint(plan->at(0).formats.size(), ==, 1);
    g_assert_true(plan->at(1).direction == sdp::Direction::sendonly);
}

void gives_each_line_its_own_stream() {
    auto offer = lines_of(video_line("recvonly", "0") + video_line("recvonly", "1"));
    auto plan = plan_answer(
        offer,
        {{}, {source("video_0", Kind::video, {"VP8"}), source("video_1", Kind::video, {"VP8"})}});
    g_assert_true(bool(plan));
    RTC_ASSERT_TEXT(plan->at(0).stream_id, "video_0");
    RTC_ASSERT_TEXT(plan->at(1).stream_id, "video_1");
}

void refuses_when_nothing_is_left() {
    auto offer = lines_of(video_line("recvonly"));
    auto no_codec = plan_answer(offer, {{}, {source("video_0", Kind::video, {"VP9"})}});
    g_assert_false(bool(no_codec));
    g_assert_nonnull(strstr(no_codec.error().message.c_str(), "codec in common"));
    auto wrong_way = plan_answer(offer, {codecs_of({"VP8"}), {}});
    g_assert_false(bool(wrong_way));
    g_assert_nonnull(strstr(wrong_way.error().message.c_str(), "directions"));
}

void narrows_an_offer_to_the_plan() {
    sdp::Message message;
    auto offer = lines_of(video_line("sendonly"), &message);
    auto plan = plan_answer(offer, {codecs_of({"VP8"}), {}});
    g_assert_true(bool(plan));
    narrow_offer(message.get(), *plan);
    auto narrowed = sdp::media_lines(message.get());
    g_assert_cmpuint(narrowed.at(0).payloads.size(), ==, 2);
    g_assert_cmpint(narrowed.at(0).payloads.at(0).type, ==, 96);
    g_assert_cmpint(narrowed.at(0).payloads.at(1).type, ==, 97);
    g_assert_cmpuint(narrowed.at(0).extensions.size(), ==, 1);
    RTC_ASSERT_TEXT(narrowed.at(0).extensions.at(0).uri, transport_cc);
}

void offers_and_reads_the_answer() {
    Capabilities both{codecs_of({"opus"}), {source("video_0", Kind::video, {"VP8", "H264"})}};
    both.send.push_back(source("video_1", Kind::video, {})); // nothing that a peer could take
    auto offered = plan_offer(both);
    g_assert_cmpuint(offered.size(), ==, 2);
    g_assert_true(offered.at(0).direction == sdp::Direction::sendonly);
    g_assert_cmpuint(offered.at(0).formats.size(), ==, 2);
    g_assert_true(offered.at(1).direction == sdp::Direction::recvonly);
    auto second = std::to_string(offered.at(0).formats.at(1).payload.type);
    auto opus = std::to_string(offered.at(1).formats.at(0).payload.type);
    auto answer =
        lines_of("m=video 9 UDP/TLS/RTP/SAVPF " + second +
                 "\r\na=mid:video0\r\na=recvonly\r\na=rtpmap:" + second +
                 " H264/90000\r\nm=audio 9 UDP/TLS/RTP/SAVPF " + opus +
                 "\r\na=mid:audio1\r\na=inactive\r\na=rtpmap:" + opus + " opus/48000/2\r\n");
    auto agreed = plan_from_answer(offered, answer);
    g_assert_true(bool(agreed));
    g_assert_true(agreed->at(0).formats.at(0).codec->is("H264"));
    g_assert_true(agreed->at(0).sends());
    g_assert_true(agreed->at(1).direction == sdp::Direction::inactive);
    g_assert_false(bool(plan_from_answer(offered, {answer.at(0)})));
}

// FlexFEC was offered beside webrtcbin, which must not see it in the answer; RED never was.
void repair_in_an_answer() {
    auto offered = plan_offer({{}, {source("video_0", Kind::video, {"VP8"})}});
    auto type = std::to_string(offered.at(0).formats.at(0).payload.type);
    sdp::Message message;
    auto answer = lines_of("m=video 9 UDP/TLS/RTP/SAVPF " + type +
                               " 120 118 119\r\na=mid:0\r\na=recvonly\r\na=rtpmap:" + type +
                               " VP8/90000\r\na=rtpmap:120 flexfec-03/90000\r\n"
                               "a=fmtp:120 repair-window=10000000\r\n"
                               "a=rtpmap:118 red/90000\r\na=rtpmap:119 ulpfec/90000\r\n",
                           &message);
    auto agreed = plan_from_answer(offered, answer);
    g_assert_true(bool(agreed));
    g_assert_cmpint(agreed->at(0).formats.at(0).flexfec_type, ==, 120);
    std::erase_if(answer.at(0).payloads, [](const auto& p) { return p.is("flexfec-03"); });
    agreed = plan_from_answer(offered, answer);
    g_assert_false(agreed->at(0).formats.at(0).takes_flexfec());
    g_assert_false(agreed->at(0).formats.at(0).takes_ulpfec());

    narrow_answer(message.get(), {120});
    auto narrowed = sdp::media_lines(message.get()).at(0).payloads;
    g_assert_cmpuint(narrowed.size(), ==, 3);
    g_assert_true(std::ranges::none_of(narrowed, [](const auto& p) { return p.type == 120; }));
    g_assert_true(sdp::to_string(message.get()).find("repair-window") == std::string::npos);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    gst_init(&argc, &argv);
    g_test_add_func("/mediaplan/peers-first-choice", receives_the_peers_first_choice);
    g_test_add_func("/mediaplan/repair", knows_who_takes_repair);
    g_test_add_func("/mediaplan/only-accepted", receives_only_what_is_accepted);
    g_test_add_func("/mediaplan/unreadable-line", refuses_a_line_nobody_can_read);
    g_test_add_func("/mediaplan/viewer", sends_what_the_viewer_takes);
    g_test_add_func("/mediaplan/h264-profile", sends_another_h264_profile_on_the_line_there_is);
    g_test_add_func("/mediaplan/inactive", leaves_lines_without_a_stream_inactive);
    g_test_add_func("/mediaplan/two-streams", gives_each_line_its_own_stream);
    g_test_add_func("/mediaplan/nothing-left", refuses_when_nothing_is_left);
    g_test_add_func("/mediaplan/narrow", narrows_an_offer_to_the_plan);
    g_test_add_func("/mediaplan/repair-in-an-answer", repair_in_an_answer);
    g_test_add_func("/mediaplan/offer-and-answer", offers_and_reads_the_answer);
    return g_test_run();
}
