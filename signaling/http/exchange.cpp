#include "signaling/http/exchange.hpp"

namespace rtc::http {

Exchange::Exchange(Ref<GMainContext> context, Head head, std::string body, Answer answer)
    : context_(std::move(context))
    , head_(std::move(head))
    , body_(std::move(body))
    , answer_(std::move(answer)) {}

Exchange::~Exchange() {
    respond(problem(500, "the request was not answered"));
}

void Exchange::respond(Response response) {
    Answer answer;
    {
        std::lock_guard lock(mutex_);
        std::swap(answer, answer_);
    }
    if (!answer)
        return;
    struct Call {
        Answer answer;
        Response response;
    };
    g_main_context_invoke_full(
        context_.get(), G_PRIORITY_DEFAULT,
        [](gpointer data) -> gboolean {
            auto* call = static_cast<Call*>(data);
            call->answer(std::move(call->response));
            return G_SOURCE_REMOVE;
        },
        new Call{std::move(answer), std::move(response)},
        [](gpointer data) { delete static_cast<Call*>(data); });
}

void Exchange::lose() {
    {
        std::lock_guard lock(mutex_);
        answer_ = nullptr;
    }
    is_gone_ = true;
    if (auto gone = std::exchange(gone_, nullptr))
        gone();
}

} // namespace rtc::http
