#include "signaling/whip/offer.hpp"

#include "signaling/sdp/sdp.hpp"

namespace rtc::whip {
namespace {

using sdp::Direction;
using sdp::MediaLine;

std::string name_of(const MediaLine& line) {
    return "media section " + std::to_string(line.index) + " (" + line.media + ")";
}

// RFC 9725 section 4.4: one MediaStream that the client sends, with at most one track of a kind.
Result<void> check_whip(const std::vector<MediaLine>& lines) {
    guint audio = 0, video = 0;
    for (const auto& line : lines) {
        if (line.media == "audio")
            audio++;
        else if (line.media == "video")
            video++;
        else
            return Error{name_of(line) + ": WHIP carries audio and video alone"};
        if (!line.rejected && !sdp::sends(line.direction))
            return Error{name_of(line) + " is " + sdp::to_string(line.direction) +
                         ", but a WHIP client sends: make it sendonly"};
    }
    if (audio > 1 || video > 1)
        return Error{"WHIP takes at most one audio and one video section; the offer has " +
                     std::to_string(audio) + " and " + std::to_string(video)};
    return {};
}

Result<void> check_whep(const std::vector<MediaLine>& lines) {
    for (const auto& line : lines)
        if (!line.rejected && line.media != "application" && line.direction == Direction::sendonly)
            return Error{name_of(line) +
                         " is sendonly, but a WHEP client receives: make it recvonly"};
    return {};
}

Result<void> check_media(Kind kind, const std::vector<MediaLine>& lines) {
    bool any = false;
    for (const auto& line : lines)
        any = any || (!line.rejected && (line.media == "audio" || line.media == "video"));
    if (!any)
        return Error{"the offer has neither audio nor video"};
    return kind == Kind::whip ? check_whip(lines) : check_whep(lines);
}

} // namespace

std::variant<Offer, http::Response> read_offer(Kind kind, std::string_view text) {
    auto message = sdp::parse(text);
    if (!message)
        return http::problem(400, "the offer can't be read: " + message.error().message);
    auto lines = sdp::media_lines(message->get());
    auto valid = sdp::validate(message->get(), sdp::DescriptionType::offer);
    if (valid)
        valid = check_media(kind, lines);
    if (!valid)
        return http::problem(422, "the offer can't be used: " + valid.error().message);
    Offer offer;
    for (const auto& line : lines) {
        offer.mids.push_back(line.mid);
        auto ufrag = sdp::ice_credentials(message->get(), line.index).ufrag;
        if (!ufrag.empty())
            offer.ufrags.insert(ufrag);
    }
    return offer;
}

} // namespace rtc::whip
