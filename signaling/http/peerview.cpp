#include "signaling/http/peerview.hpp"

namespace rtc::http {

PeerView::PeerView(Auth& auth, RateLimit& wrong, const Head& head)
    : auth_(auth)
    , wrong_(wrong)
    , head_(head)
    , may_ask_(bearer_token(head) && wrong.has(head.address, std::chrono::steady_clock::now())) {}

bool PeerView::shows(const Wish& wish) {
    if (!auth_.required())
        return true;
    if (!may_ask_)
        return false;
    auto [found, is_new] = known_.try_emplace(wish.path, false);
    if (is_new)
        found->second = judge(wish);
    return found->second;
}

// A service that has to be asked (auth-url) answers too late.
bool PeerView::judge(const Wish& wish) {
    auto verdict = auth_.judge(head_, wish);
    if (!verdict)
        return false;
    if (auto* refusal = std::get_if<Response>(&*verdict); refusal && refusal->status == 401) {
        wrong_.take(head_.address, std::chrono::steady_clock::now());
        may_ask_ = false; // wrong here, wrong everywhere
    }
    return std::holds_alternative<Grant>(*verdict);
}

} // namespace rtc::http
