// What a description must have before a session is built on it (RFC 8829 section 5, RFC 8827
// section 6.5).
#include "signaling/sdp/attributes.hpp"
#include "signaling/sdp/sdp.hpp"
#include "signaling/sdp/text.hpp"

#include <algorithm>
#include <array>

namespace rtc::sdp {
namespace {

using attributes::effective;

constexpr std::array<std::string_view, 4> rtp_protocols{"UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF",
                                                        "TCP/DTLS/RTP/SAVPF", "RTP/SAVPF"};
constexpr std::array<std::string_view, 3> data_protocols{"UDP/DTLS/SCTP", "TCP/DTLS/SCTP",
                                                         "DTLS/SCTP"};

class Validator {
public:
    Validator(const GstSDPMessage* message, DescriptionType type)
        : message_(message)
        , type_(type)
        , bundle_(attributes::bundle(message)) {}

    Result<void> run() {
        auto sections = gst_sdp_message_medias_len(message_);
        if (sections == 0)
            return Error{"the description has no media section (m-line)"};
        if (bundle_.mids.size() > sections)
            return Error{"a=group:BUNDLE names more media sections than there are"};
        if (attributes::value(message_, "crypto") || gst_sdp_message_get_key(message_)->type)
            return sdes("the description");
        std::vector<std::string> mids;
        guint used = 0;
        for (guint i = 0; i < sections; i++) {
            const auto* media = gst_sdp_message_get_media(message_, i);
            if (auto checked = check_mid(media, i, mids); !checked)
                return checked;
            if (attributes::is_rejected(media, bundle_))
                continue;
            used++;
            if (auto checked = check_section(media, i); !checked)
                return checked;
        }
        if (used == 0)
            return Error{"every media section of the description is rejected (port 0)"};
        return check_bundle(mids, used);
    }

private:
    static std::string name(const GstSDPMedia* media, guint index) {
        return "media section " + std::to_string(index) + " (" + gst_sdp_media_get_media(media) +
               ")";
    }
    static Error sdes(const std::string& where) {
        return Error{where + " asks for keys in the clear (a=crypto or k=): use DTLS-SRTP"};
    }

    Result<void> check_mid(const GstSDPMedia* media, guint index, std::vector<std::string>& seen) {
        const char* mid = attributes::value(media, "mid");
        if (!mid)
            return {};
        if (!*mid || std::string_view(mid).find(' ') != std::string_view::npos)
            return Error{name(media, index) + " has a malformed a=mid"};
        if (std::find(seen.begin(), seen.end(), mid) != seen.end())
            return Error{"two media sections have the same a=mid:" + std::string(mid)};
        seen.emplace_back(mid);
        return {};
    }

    Result<void> check_section(const GstSDPMedia* media, guint index) {
        for (auto check :
             {&Validator::check_protocol, &Validator::check_fingerprint, &Validator::check_ice,
              &Validator::check_setup, &Validator::check_sources})
            if (auto checked = (this->*check)(media, name(media, index)); !checked)
                return checked;
        return {};
    }

    Result<void> check_protocol(const GstSDPMedia* media, const std::string& name) {
        std::string_view kind = gst_sdp_media_get_media(media);
        std::string_view protocol = gst_sdp_media_get_proto(media);
        if (kind != "audio" && kind != "video" && kind != "application")
            return Error{name + " is neither audio, video nor application"};
        auto known = attributes::is_rtp(media) ? std::span<const std::string_view>(rtp_protocols)
                                               : data_protocols;
        if (std::find(known.begin(), known.end(), protocol) == known.end())
            return Error{name + " uses the protocol " + text::quote(protocol) + ", not " +
                         std::string(known.front())};
        if (attributes::has(media, "crypto") || gst_sdp_media_get_key(media)->type)
            return sdes(name);
        if (attributes::is_rtp(media) && !effective(message_, media, bundle_, "rtcp-mux") &&
            !effective(message_, media, bundle_, "rtcp-mux-only"))
            return Error{name + " lacks a=rtcp-mux (RFC 5761)"};
        return {};
    }

    Result<void> check_fingerprint(const GstSDPMedia* media, const std::string& name) {
        auto lines = attributes::values(media, "fingerprint");
        if (lines.empty())
            lines = attributes::values(message_, "fingerprint");
        const auto* first = attributes::tagged(message_, bundle_);
        if (lines.empty() && first && effective(message_, media, bundle_, "fingerprint"))
            lines = attributes::values(first, "fingerprint");
        if (lines.empty())
            return Error{name + " has no a=fingerprint: media goes over DTLS-SRTP alone"};
        bool strong = false;
        for (const auto& line : lines) {
            auto fingerprint = parse_fingerprint(line);
            if (!fingerprint)
                return Error{name + " has a malformed a=fingerprint: " + text::quote(line)};
            strong |= is_strong(*fingerprint);
        }
        if (!strong)
            return Error{name + " has no fingerprint of sha-256, sha-384 or sha-512"};
        return {};
    }

    Result<void> check_ice(const GstSDPMedia* media, const std::string& name) {
        const char* ufrag = effective(message_, media, bundle_, "ice-ufrag");
        const char* password = effective(message_, media, bundle_, "ice-pwd");
        if (!ufrag || !password)
            return Error{name + " lacks a=ice-ufrag or a=ice-pwd"};
        if (!text::is_ice_chars(ufrag, 4, 256))
            return Error{name + " has an a=ice-ufrag that isn't 4 to 256 letters, digits, + or /"};
        if (!text::is_ice_chars(password, 22, 256))
            return Error{name + " has an a=ice-pwd that isn't 22 to 256 letters, digits, + or /"};
        return {};
    }

    Result<void> check_setup(const GstSDPMedia* media, const std::string& name) {
        const char* setup = effective(message_, media, bundle_, "setup");
        if (!setup)
            return Error{name + " lacks a=setup (RFC 5763)"};
        std::string_view role = setup;
        if (role == "active" || role == "passive")
            return {};
        if (role == "actpass" && type_ == DescriptionType::offer)
            return {};
        return Error{name + " has a=setup:" + std::string(role) + ", which " +
                     (type_ == DescriptionType::offer ? "an offer" : "an answer") +
                     " of WebRTC can't have"};
    }

    // 0 stands for "no source" here and in what this is built on. In an a=ssrc-group webrtcbin
    // itself writes it for a stream of retransmissions that it has none of.
    Result<void> check_sources(const GstSDPMedia* media, const std::string& name) {
        for (const auto& line : attributes::values(media, "ssrc"))
            if (text::number(std::string_view(line).substr(0, line.find(' ')), 0))
                return Error{name + " has a=ssrc:0: choose another SSRC, any but 0"};
        return {};
    }

    // One group for everything: a session has one transport (RFC 9143).
    Result<void> check_bundle(const std::vector<std::string>& mids, guint used) {
        for (const auto& mid : bundle_.mids)
            if (std::find(mids.begin(), mids.end(), mid) == mids.end())
                return Error{"a=group:BUNDLE names " + text::quote(mid) +
                             ", which is the a=mid of no media section"};
        if (used == 1 && bundle_.mids.empty())
            return {};
        for (guint i = 0; i < gst_sdp_message_medias_len(message_); i++) {
            const auto* media = gst_sdp_message_get_media(message_, i);
            if (attributes::is_rejected(media, bundle_))
                continue;
            const char* mid = attributes::value(media, "mid");
            if (!mid || !bundle_.holds(mid))
                return Error{name(media, i) +
                             " is not in a=group:BUNDLE: use the bundle policy max-bundle"};
        }
        return {};
    }

    const GstSDPMessage* message_;
    DescriptionType type_;
    attributes::Bundle bundle_;
};

} // namespace

Result<void> validate(const GstSDPMessage* message, DescriptionType type) {
    return Validator(message, type).run();
}

} // namespace rtc::sdp
