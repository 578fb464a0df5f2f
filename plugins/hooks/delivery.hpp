// The messages of a webhook that are on their way: one after the other, in order, each tried again
// with longer and longer pauses until it is delivered, refused, or too old. Pure: times are
// arguments, in milliseconds of one clock.
#pragma once

#include "signaling/base/backoff.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace rtc {

struct WebhookMessage {
    std::string id;    // the same at each attempt
    std::string type;  // "recording.finished"
    std::string about; // for people: the recording
    std::string body;
};

enum class Answer {
    delivered, // 2xx
    refused,   // trying again brings nothing: any other status
    busy,      // 408, 425, 429, 5xx, or none
};
Answer judge_answer(unsigned status);

class Delivery {
public:
    using Duration = std::chrono::milliseconds;
    static constexpr Duration first_pause{500};
    static constexpr Duration longest_pause{60000};
    static constexpr size_t most = 1000; // messages that wait

    // patience: how long a message is tried.
    explicit Delivery(Duration patience)
        : patience_(patience)
        , backoff_(first_pause, longest_pause) {}

    // Gives a message that is dropped for want of room: the oldest that is not under way.
    std::optional<WebhookMessage> add(WebhookMessage message, Duration now);
    // The message to be sent now, which is under way until it is settled; nullptr while there is
    // none, one is under way, or a pause is on.
    const WebhookMessage* take(Duration now);
    // How long until take() may have one; nothing while that depends on others.
    std::optional<Duration> pause(Duration now) const;
    // What came of the one under way. wait: what the server asked for, in place of the pause if it
    // is longer. random: 0 to 1. Gives the message where it is given up.
    std::optional<WebhookMessage> settle(Answer answer, Duration now, double random,
                                         Duration wait = Duration(0));
    // There is little time left: what waits is tried at once.
    void hurry(Duration now);
    bool empty() const { return waiting_.empty(); }
    // All that are not delivered.
    std::vector<WebhookMessage> give_up();

private:
    struct Waiting {
        WebhookMessage message;
        Duration since;
    };
    const Duration patience_;
    Backoff backoff_;
    std::deque<Waiting> waiting_; // the first may be under way
    bool under_way_ = false;
    Duration due_{0};
};

} // namespace rtc
