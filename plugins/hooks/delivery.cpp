#include "plugins/hooks/delivery.hpp"

#include <algorithm>

namespace rtc {

Answer judge_answer(unsigned status) {
    if (status >= 200 && status < 300)
        return Answer::delivered;
    // Request Timeout, Too Early, Too Many Requests (RFC 9110, 8470, 6585).
    bool busy = status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;
    return busy ? Answer::busy : Answer::refused;
}

std::optional<WebhookMessage> Delivery::add(WebhookMessage message, Duration now) {
    std::optional<WebhookMessage> dropped;
    if (waiting_.size() >= most) {
        auto oldest = waiting_.begin() + (under_way_ ? 1 : 0);
        dropped = std::move(oldest->message);
        waiting_.erase(oldest);
    }
    waiting_.push_back({std::move(message), now});
    return dropped;
}

const WebhookMessage* Delivery::take(Duration now) {
    if (waiting_.empty() || under_way_ || now < due_)
        return nullptr;
    under_way_ = true;
    return &waiting_.front().message;
}

std::optional<Delivery::Duration> Delivery::pause(Duration now) const {
    if (waiting_.empty() || under_way_)
        return std::nullopt;
    return std::max(due_ - now, Duration(0));
}

std::optional<WebhookMessage> Delivery::settle(Answer answer, Duration now, double random,
                                               Duration wait) {
    under_way_ = false;
    auto& first = waiting_.front();
    if (answer == Answer::busy) {
        due_ = now + std::max(backoff_.next(random), std::min(wait, patience_));
        if (due_ - first.since < patience_)
            return std::nullopt;
    } else {
        backoff_.reset();
        due_ = now;
    }
    auto message = std::move(first.message);
    waiting_.pop_front();
    if (answer == Answer::delivered)
        return std::nullopt;
    return message;
}

void Delivery::hurry(Duration now) {
    backoff_.reset();
    due_ = std::min(due_, now);
}

std::vector<WebhookMessage> Delivery::give_up() {
    std::vector<WebhookMessage> messages;
    for (auto& waiting : waiting_)
        messages.push_back(std::move(waiting.message));
    waiting_.clear();
    under_way_ = false;
    return messages;
}

} // namespace rtc
