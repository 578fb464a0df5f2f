#include "signaling/http/authcallback.hpp"

#include "signaling/base/json.hpp"

namespace rtc::http {
namespace {

constexpr size_t max_answer = 64 * 1024; // bytes
constexpr guint max_connections = 16;

Response unanswered() {
    return problem(503, "the service that decides about access gave no answer; try again later")
        .with("Retry-After", "2");
}

// One question on its way. Ends with the answer, the deadline or the judge.
struct Question {
    Wish wish;
    std::function<void(Verdict)> done;
    Ref<SoupMessage> message;
    Ref<GCancellable> cancel;
    Ref<GCancellable> judge;
    gulong judge_ends = 0;
    Timer deadline;

    ~Question() { g_cancellable_disconnect(judge.get(), judge_ends); }
};

void answered(GObject* source, GAsyncResult* result, gpointer data) {
    std::unique_ptr<Question> question(static_cast<Question*>(data));
    auto bytes = adopt(soup_session_send_and_read_finish(SOUP_SESSION(source), result, nullptr));
    if (g_cancellable_is_cancelled(question->judge.get()))
        return;
    if (!bytes || g_bytes_get_size(bytes.get()) > max_answer)
        return question->done(unanswered());
    gsize size = 0;
    auto* text = static_cast<const char*>(g_bytes_get_data(bytes.get(), &size));
    question->done(read_verdict(soup_message_get_status(question->message.get()),
                                {size ? text : "", size}, question->wish));
}

} // namespace

std::string write_question(const Head& head, const Wish& wish) {
    JsonWriter json;
    auto add = [&](const char* name, std::string_view text) { json.text(name, valid_text(text)); };
    add("action", wish.action);
    add("path", wish.path);
    add("token", bearer_token(head).value_or(""));
    add("address", head.address);
    add("user_agent", head.header("User-Agent"));
    add("name", head.parameter("name"));
    return json.finish();
}

Verdict read_verdict(guint status, std::string_view body, const Wish& wish) {
    auto answer = JsonValue::parse(body, 8);
    auto say = [&](const char* name) {
        return answer ? answer->text(name).value_or("") : std::string();
    };
    if (status >= 200 && status < 300)
        return Grant{say("name")};
    if (status == 401)
        return say("detail").empty() ? token_wrong() : token_wrong(say("detail"));
    if (status == 403)
        return say("detail").empty() ? not_allowed(wish) : problem(403, say("detail"));
    return unanswered();
}

Result<std::unique_ptr<Auth>> CallbackAuth::create(const std::string& url,
                                                   std::chrono::milliseconds timeout, Loop& loop) {
    auto message = adopt(soup_message_new("POST", url.c_str()));
    if (!message)
        return Error{"auth-url is no URL; write one like https://auth.example.org/webrtc"};
    return std::unique_ptr<Auth>(new CallbackAuth(url, timeout, loop));
}

CallbackAuth::~CallbackAuth() {
    loop_.call([this] {
        if (ended_)
            g_cancellable_cancel(ended_.get());
        session_.reset();
    });
}

std::optional<Verdict> CallbackAuth::judge(const Head&, const Wish&) {
    return std::nullopt;
}

void CallbackAuth::ask(const Head& head, const Wish& wish, std::function<void(Verdict)> done) {
    if (!session_) {
        session_ = adopt(soup_session_new_with_options(
            "max-conns", max_connections, "max-conns-per-host", max_connections, nullptr));
        ended_ = adopt(g_cancellable_new());
    }
    auto* question = new Question{wish, std::move(done)};
    question->message = adopt(soup_message_new("POST", url_.c_str()));
    question->cancel = adopt(g_cancellable_new());
    question->judge = ended_;
    auto stop = [](GCancellable*, gpointer cancel) {
        g_cancellable_cancel(static_cast<GCancellable*>(cancel));
    };
    question->judge_ends =
        g_cancellable_connect(ended_.get(), G_CALLBACK(+stop), question->cancel.get(), nullptr);
    question->deadline =
        loop_.after(timeout_, [cancel = question->cancel] { g_cancellable_cancel(cancel.get()); });
    auto text = write_question(head, wish);
    auto body = adopt(g_bytes_new(text.data(), text.size()));
    // A redirect could send the token elsewhere.
    soup_message_add_flags(question->message.get(), SOUP_MESSAGE_NO_REDIRECT);
    soup_message_set_request_body_from_bytes(question->message.get(), "application/json",
                                             body.get());
    soup_session_send_and_read_async(session_.get(), question->message.get(), G_PRIORITY_DEFAULT,
                                     question->cancel.get(), answered, question);
}

} // namespace rtc::http
