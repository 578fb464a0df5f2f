// Descriptions that people carry: their forms, and the order of things.
#include "signaling/manual/manual.hpp"
#include "tests/support/sametext.hpp"

using namespace rtc;
using namespace rtc::manual;

namespace {

constexpr auto offer_type = GST_WEBRTC_SDP_TYPE_OFFER;
constexpr auto answer_type = GST_WEBRTC_SDP_TYPE_ANSWER;
const Description offer{offer_type, "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\n"};
const Description answer{answer_type, "v=0\r\no=- 3 4 IN IP4 0.0.0.0\r\ns=-\r\n"};

void each_form_comes_back() {
    for (auto form : {Form::line, Form::json, Form::sdp})
        for (const auto& description : {offer, answer}) {
            auto text = to_text(description, form);
            g_assert_true(text.ends_with('\n'));
            if (form != Form::sdp)
                g_assert_cmpuint(text.find('\n'), ==, text.size() - 1);
            auto back = parse(text, description.type);
            g_assert_true(bool(back));
            g_assert_true(*back == description);
        }
}

void as_chats_and_mail_leave_it() {
    auto line = to_text(offer, Form::line);
    line.pop_back();
    std::string broken = "  ", url;
    for (size_t i = 0; i < line.size(); i++) {
        broken += line[i];
        if (i % 40 == 39)
            broken += "\r\n ";
        url += line[i] == '+' ? '-' : line[i] == '/' ? '_' : line[i];
    }
    while (url.ends_with('='))
        url.pop_back();
    g_assert_true(*parse(broken, answer_type) == offer);
    g_assert_true(*parse(url, answer_type) == offer);
    g_assert_true(parse("v=0\no=x", answer_type)->type == answer_type);
}

void what_cannot_be_read() {
    struct {
        std::string text;
        const char* words;
    } cases[] = {
        {"", "empty"},
        {" \n ", "empty"},
        {"hello there!", "neither"},
        {"aGVsbG8=", "neither"},
        {"{\"type\": \"offer\"", "all of it"},
        {"{\"type\": \"offer\"}", "\"sdp\""},
        {"{\"type\": 3, \"sdp\": \"v=0\"}", "\"type\""},
        {"{\"type\": \"rollback\", \"sdp\": \"v=0\"}", "neither offer nor answer"},
        {"[1]", "neither"},
        {"\xff\xfe", "not text"},
        {std::string(200000, 'a'), "128 KiB"},
    };
    for (const auto& c : cases) {
        auto parsed = parse(c.text, offer_type);
        g_assert_false(bool(parsed));
        g_assert_true(parsed.error().message.find(c.words) != std::string::npos);
    }
}

void a_stream_is_cut_into_texts() {
    Reader reader;
    auto line = to_text(offer, Form::line);
    g_assert_true(reader.feed("\n" + line.substr(0, 10)).empty());
    auto texts = reader.feed(line.substr(10) + "{\"a\": 1}\n" + offer.sdp);
    g_assert_cmpuint(texts.size(), ==, 2);
    RTC_ASSERT_TEXT(texts[0], line);
    texts = reader.feed("\r\n");
    g_assert_cmpuint(texts.size(), ==, 1);
    RTC_ASSERT_TEXT(texts[0], offer.sdp);
    g_assert_true(reader.feed("v=0\r\nrest").empty());
    RTC_ASSERT_TEXT(reader.finish(), "v=0\r\nrest");
    RTC_ASSERT_TEXT(reader.finish(), "");
    reader.feed(std::string(200000, 'x'));
    RTC_ASSERT_TEXT(reader.finish(), "");
}

struct Fixture {
    explicit Fixture(GstRtcOfferer offerer)
        : manual(offerer, Form::json, [this] { return "s" + std::to_string(++ids); }) {}
    template <typename T>
    static const T& the(const Commands& commands) {
        g_assert_cmpuint(commands.size(), ==, 1);
        return std::get<T>(commands[0]);
    }
    static bool warns(const Commands& commands, const char* words) {
        auto text = the<command::Warn>(commands).text;
        return text.find(words) != std::string::npos;
    }
    int ids = 0;
    Manual manual;
};

void this_end_offers() {
    Fixture f(GST_RTC_OFFERER_HOST);
    g_assert_true(f.manual.set_live(false).empty());
    g_assert_true(Fixture::warns(f.manual.read(answer.sdp), "not waited for"));
    auto started = f.manual.set_live(true);
    RTC_ASSERT_TEXT(Fixture::the<command::StartSession>(started).session, "s1");
    auto written = Fixture::the<command::Write>(f.manual.describe("s1", offer)).text;
    RTC_ASSERT_TEXT(written, to_text(offer, Form::json));
    g_assert_true(Fixture::warns(f.manual.read(written), "own description"));
    g_assert_true(Fixture::warns(f.manual.read(to_text({offer_type, "v=0\r\n"}, Form::line)),
                                 "offerer=peer"));
    g_assert_true(Fixture::warns(f.manual.read("nonsense"), "can't be read"));
    auto given = f.manual.read(to_text(answer, Form::line));
    g_assert_true(Fixture::the<command::Describe>(given).description == answer);
    g_assert_true(Fixture::warns(f.manual.read(answer.sdp), "not waited for"));
    // Another session follows one that broke, none one that was ended.
    auto ended = f.manual.end("s1", GST_RTC_END_REASON_LOST, "silence");
    g_assert_cmpuint(ended.size(), ==, 2);
    RTC_ASSERT_TEXT(std::get<command::StartSession>(ended[1]).session, "s2");
    g_assert_true(f.manual.end("s1", GST_RTC_END_REASON_LOST, "").empty());
    g_assert_true(f.manual.end("s2", GST_RTC_END_REASON_HANGUP, "").empty());
}

void what_fails_at_once_is_not_tried_again() {
    Fixture f(GST_RTC_OFFERER_HOST);
    f.manual.set_live(true);
    g_assert_true(
        Fixture::warns(f.manual.end("s1", GST_RTC_END_REASON_ERROR, "nothing"), "nothing"));
    RTC_ASSERT_TEXT(Fixture::the<command::StartSession>(f.manual.set_live(true)).session, "s2");
}

void the_peer_offers() {
    Fixture f(GST_RTC_OFFERER_PEER);
    g_assert_true(f.manual.read(to_text(offer, Form::line)).empty()); // held: not live yet
    auto started = f.manual.set_live(true);
    g_assert_cmpuint(started.size(), ==, 2);
    g_assert_cmpint(std::get<command::StartSession>(started[0]).offerer, ==, GST_RTC_OFFERER_PEER);
    g_assert_true(std::get<command::Describe>(started[1]).description == offer);
    RTC_ASSERT_TEXT(Fixture::the<command::Write>(f.manual.describe("s1", answer)).text,
                    to_text(answer, Form::json));
    g_assert_true(Fixture::warns(f.manual.read(to_text({answer_type, "v=0\r\n"}, Form::line)),
                                 "offerer=host"));
    // The next offer takes the place of the session.
    auto next = f.manual.read(to_text({offer_type, "v=0\r\n"}, Form::line));
    g_assert_cmpuint(next.size(), ==, 3);
    RTC_ASSERT_TEXT(std::get<command::CloseSession>(next[0]).session, "s1");
    RTC_ASSERT_TEXT(std::get<command::StartSession>(next[1]).session, "s2");
    auto stopped = f.manual.stop();
    RTC_ASSERT_TEXT(Fixture::the<command::CloseSession>(stopped).session, "s2");
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/manual/each-form-comes-back", each_form_comes_back);
    g_test_add_func("/manual/as-chats-and-mail-leave-it", as_chats_and_mail_leave_it);
    g_test_add_func("/manual/what-cannot-be-read", what_cannot_be_read);
    g_test_add_func("/manual/a-stream-is-cut-into-texts", a_stream_is_cut_into_texts);
    g_test_add_func("/manual/this-end-offers", this_end_offers);
    g_test_add_func("/manual/what-fails-at-once-is-not-tried-again",
                    what_fails_at_once_is_not_tried_again);
    g_test_add_func("/manual/the-peer-offers", the_peer_offers);
    return g_test_run();
}
