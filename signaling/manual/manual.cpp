#include "signaling/manual/manual.hpp"

namespace rtc::manual {

using namespace command;

Manual::Manual(GstRtcOfferer offerer, Form form, std::function<std::string()> new_id)
    : offerer_(offerer)
    , form_(form)
    , new_id_(std::move(new_id)) {}

Commands Manual::set_live(bool live) {
    live_ = live;
    if (!live || !session_.empty())
        return {};
    if (offerer_ == GST_RTC_OFFERER_HOST)
        return offer();
    if (held_.empty())
        return {};
    auto held = std::move(held_.back());
    held_.clear();
    return take_offer(std::move(held));
}

Commands Manual::offer() {
    session_ = new_id_();
    waiting_ = false;
    return {StartSession{session_, GST_RTC_OFFERER_HOST}};
}

Commands Manual::describe(const std::string& session, const Description& description) {
    bool is_offer = description.type == GST_WEBRTC_SDP_TYPE_OFFER;
    if (session != session_ || is_offer != (offerer_ == GST_RTC_OFFERER_HOST))
        return {};
    waiting_ = is_offer;
    written_ = to_text(description, form_);
    return {Write{written_}};
}

Commands Manual::end(const std::string& session, GstRtcEndReason reason, const std::string& text) {
    if (session != session_ || session_.empty())
        return {};
    // An offer that could not even be made, or found no answer, would only fail again.
    bool answered = !waiting_ && !written_.empty();
    bool wanted = reason == GST_RTC_END_REASON_HANGUP || reason == GST_RTC_END_REASON_SHUTDOWN;
    session_.clear();
    waiting_ = false;
    written_.clear();
    if (wanted)
        return {};
    Commands commands{Warn{"The session ended: " + text}};
    if (offerer_ == GST_RTC_OFFERER_HOST && answered && live_)
        for (auto& command : offer())
            commands.push_back(std::move(command));
    return commands;
}

Commands Manual::read(std::string_view text) {
    bool offers = offerer_ == GST_RTC_OFFERER_HOST;
    auto parsed = parse(text, offers ? GST_WEBRTC_SDP_TYPE_ANSWER : GST_WEBRTC_SDP_TYPE_OFFER);
    if (!parsed)
        return {Warn{"The peer's description can't be read: " + parsed.error().message}};
    if (!written_.empty() && parse(written_, parsed->type)->sdp == parsed->sdp)
        return {Warn{"This end's own description came back: give it to the peer, and its answer to "
                     "this end"}};
    bool is_offer = parsed->type == GST_WEBRTC_SDP_TYPE_OFFER;
    if (is_offer && offers)
        return {Warn{"An offer came, but this end makes one itself: set offerer=peer here, or let "
                     "the peer answer"}};
    if (!is_offer && !offers)
        return {Warn{"An answer came, but an offer was expected: set offerer=host here, or let the "
                     "peer offer"}};
    return is_offer ? take_offer(std::move(*parsed)) : take_answer(std::move(*parsed));
}

Commands Manual::take_offer(Description description) {
    if (!live_) {
        held_ = {std::move(description)};
        return {};
    }
    Commands commands;
    if (!session_.empty())
        commands.push_back(
            CloseSession{session_, GST_RTC_END_REASON_HANGUP, "The peer made a new offer"});
    session_ = new_id_();
    written_.clear();
    commands.push_back(StartSession{session_, GST_RTC_OFFERER_PEER});
    commands.push_back(Describe{session_, std::move(description)});
    return commands;
}

Commands Manual::take_answer(Description description) {
    if (!waiting_)
        return {Warn{"An answer came that is not waited for: was this offer answered before?"}};
    waiting_ = false;
    return {Describe{session_, std::move(description)}};
}

Commands Manual::stop() {
    Commands commands;
    if (!session_.empty())
        commands.push_back(
            CloseSession{session_, GST_RTC_END_REASON_SHUTDOWN, "The pipeline stops"});
    session_.clear();
    held_.clear();
    return commands;
}

} // namespace rtc::manual
