#include "signaling/room/seat.hpp"

GST_DEBUG_CATEGORY_STATIC(rtc_seat_debug);
#define GST_CAT_DEFAULT rtc_seat_debug

namespace rtc::room {
namespace {

Time now() {
    return std::chrono::steady_clock::now();
}

} // namespace

Seat::Seat(Loop& loop, Part part, GstRtcSignaling* element, Say say)
    : element_(element)
    , loop_(&loop)
    , say_(std::move(say))
    , participant_(std::move(part), g_random_double) {
    GST_DEBUG_CATEGORY_INIT(rtc_seat_debug, "rtcseat", 0, "Hosts as peers of rooms");
}

Seat::~Seat() {
    stop();
}

void Seat::stop() {
    Loop* loop = nullptr;
    {
        std::lock_guard lock(mutex_);
        loop = std::exchange(loop_, nullptr);
    }
    if (loop)
        loop->call([this] {
            run(participant_.stop());
            timer_.cancel();
            say_ = nullptr;
        });
}

void Seat::post(std::function<void(Seat&)> function) {
    std::lock_guard lock(mutex_);
    if (loop_)
        loop_->post([weak = weak_from_this(), function = std::move(function)] {
            if (auto self = weak.lock())
                function(*self);
        });
}

void Seat::set_live(bool live) {
    post([live](Seat& self) { self.run(self.participant_.set_live(live)); });
}

void Seat::describe(std::string session, bool offer, std::string sdp) {
    post([session = std::move(session), offer, sdp = std::move(sdp)](Seat& self) {
        self.run(self.participant_.describe(session, offer, sdp));
    });
}

void Seat::candidate(std::string session, guint mline, std::string candidate) {
    post([session = std::move(session), mline, candidate = std::move(candidate)](Seat& self) {
        self.run(self.participant_.candidate(session, mline, candidate));
    });
}

void Seat::end(std::string session, GstRtcEndReason reason, std::string text) {
    post([session = std::move(session), reason, text = std::move(text)](Seat& self) {
        self.run(self.participant_.end(session, reason, text, now()));
    });
}

void Seat::connected() {
    run(participant_.connected());
}

void Seat::disconnected(const std::string& text) {
    run(participant_.disconnected(text));
}

void Seat::received(const ServerMessage& message) {
    run(participant_.receive(message, now()));
}

void Seat::run(const Commands& commands) {
    for (const auto& command : commands)
        std::visit([this](const auto& c) { run(c); }, command);
    schedule();
}

void Seat::run(const ToServer& command) {
    if (say_)
        say_(command.message);
}

void Seat::run(const BeginSession& command) {
    GST_INFO_OBJECT(element_, "session %s with %s", command.session.c_str(), command.peer.c_str());
    bool produces = gst_rtc_signaling_get_role(element_) == GST_RTC_ROLE_PRODUCER;
    Owned<GstStructure> details{gst_structure_new("peer", "peer-id", G_TYPE_STRING,
                                                  command.peer.c_str(), "meta", G_TYPE_STRING,
                                                  command.meta.c_str(), nullptr)};
    gst_rtc_signaling_request_session(element_, command.session.c_str(), command.name.c_str(),
                                      command.host_offers ? GST_RTC_OFFERER_HOST
                                                          : GST_RTC_OFFERER_PEER,
                                      produces ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY
                                               : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                                      nullptr, details.get());
}

void Seat::run(const GiveDescription& command) {
    auto type = command.description.offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER;
    gst_rtc_signaling_receive_description(element_, command.session.c_str(), type,
                                          command.description.sdp.c_str());
}

void Seat::run(const GiveCandidate& command) {
    const auto& [mline, candidate] = command.candidate;
    gst_rtc_signaling_receive_candidate(element_, command.session.c_str(), mline,
                                        candidate.empty() ? nullptr : candidate.c_str());
}

void Seat::run(const CloseSession& command) {
    GST_INFO_OBJECT(element_, "session %s closes: %s", command.session.c_str(),
                    command.text.c_str());
    gst_rtc_signaling_close_session(element_, command.session.c_str(), command.reason,
                                    command.text.c_str());
}

void Seat::run(const Note& command) {
    GST_WARNING_OBJECT(element_, "%s", command.text.c_str());
}

void Seat::schedule() {
    auto due = participant_.deadline();
    timer_.cancel();
    std::lock_guard lock(mutex_);
    if (!due || !loop_)
        return;
    auto delay = std::chrono::ceil<std::chrono::milliseconds>(*due - now());
    timer_ = loop_->after(std::max(delay, std::chrono::milliseconds(0)), [weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->run(self->participant_.advance(now()));
    });
}

} // namespace rtc::room
