// The grammar of RFC 8866 section 9, as far as it keeps garbage out: GStreamer's own parser skips
// what it can't read and never fails.
#include "signaling/sdp/sdp.hpp"
#include "signaling/sdp/text.hpp"

#include <algorithm>

namespace rtc::sdp {
namespace {

constexpr guint most_lines = 5000; // an offer of a browser's has about 100 for each section

// Reads line by line, and counts what the limits are about.
class Checker {
public:
    explicit Checker(const Limits& limits)
        : limits_(limits) {}

    Result<void> check(std::string_view text) {
        while (!text.empty()) {
            auto line = take(text, '\n');
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            number_++;
            if (line.empty() && text.find_first_not_of("\r\n") == text.npos)
                break; // nothing but line ends is left
            if (number_ > most_lines)
                return Error{"the description has more than " + std::to_string(most_lines) +
                             " lines"};
            if (auto checked = check_line(line); !checked)
                return checked;
            // GStreamer would take a space at the end for one more format, or part of a mid.
            if (line[0] == 'm' || line[0] == 'a')
                line = line.substr(0, line.find_last_not_of(" \t") + 1);
            clean_.append(line).append("\r\n");
        }
        if (!has_origin_ || !has_name_)
            return Error{"the description lacks its o= or s= line (RFC 8866 section 5)"};
        return {};
    }

    // What was checked, in the form that GStreamer reads without surprises.
    const std::string& clean() const { return clean_; }

private:
    Result<void> check_line(std::string_view line) {
        if (number_ == 1)
            return line == "v=0"
                       ? Result<void>()
                       : Result<void>(Error{"not a session description: it must begin with v=0, "
                                            "not with " +
                                            text::quote(line)});
        if (std::any_of(line.begin(), line.end(),
                        [](char c) { return g_ascii_iscntrl(c) && c != '\t'; }))
            return Error{"line " + std::to_string(number_) +
                         " of the description holds a control character"};
        if (line.size() < 2 || line[1] != '=')
            return wrong(line, "is not of the form x=…");
        auto value = line.substr(2);
        switch (line[0]) {
        case 'o':
            return check_origin(line, value);
        case 's':
            if (std::exchange(has_name_, true) || media_lines_ > 0)
                return wrong(line, "is not the only s= line, or comes too late");
            return {};
        case 'm':
            return check_media(line, value);
        case 'a':
            return check_attribute(line, value);
        case 'c':
            if (text::words(value).size() != 3)
                return wrong(line, "should be c=<nettype> <addrtype> <address>");
            return {};
        case 'b':
            return check_bandwidth(line, value);
        case 't':
        case 'r':
        case 'z':
        case 'i':
        case 'u':
        case 'e':
        case 'p':
        case 'k':
            return {};
        default:
            return wrong(line, "has a type that RFC 8866 does not know");
        }
    }

    Result<void> check_origin(std::string_view line, std::string_view value) {
        if (std::exchange(has_origin_, true) || media_lines_ > 0)
            return wrong(line, "is not the only o= line, or comes too late");
        if (text::words(value).size() != 6)
            return wrong(line, "should be o=<username> <sess-id> <sess-version> <nettype> "
                               "<addrtype> <address>");
        return {};
    }

    Result<void> check_media(std::string_view line, std::string_view value) {
        if (!has_origin_ || !has_name_)
            return wrong(line, "comes before the o= and s= lines");
        if (++media_lines_ > limits_.media_lines)
            return Error{"the description has more than " + std::to_string(limits_.media_lines) +
                         " media sections (m-lines)"};
        auto fields = text::words(value);
        if (fields.size() < 4)
            return wrong(line, "should be m=<media> <port> <protocol> <format> …");
        auto port = fields[1];
        auto first = take(port, '/');
        if (!text::number(first, 65535) || (!port.empty() && !text::number(port, 65535)))
            return wrong(line, "has no port between 0 and 65535");
        if (fields.size() - 3 > limits_.payloads_per_line)
            return wrong(line,
                         "has more than " + std::to_string(limits_.payloads_per_line) + " formats");
        if (fields[2].find("RTP/") == fields[2].npos)
            return {};
        for (size_t i = 3; i < fields.size(); i++)
            if (!text::number(fields[i], 127))
                return wrong(line, "has a payload type that isn't a number from 0 to 127");
        return {};
    }

    Result<void> check_attribute(std::string_view line, std::string_view value) {
        auto name = take(value, ':');
        if (name.empty() || name.find_first_of(" \t") != name.npos)
            return wrong(line, "has no attribute name");
        if (name == "candidate" && ++candidates_ > limits_.candidates)
            return Error{"the description has more than " + std::to_string(limits_.candidates) +
                         " ICE candidates"};
        return {};
    }

    Result<void> check_bandwidth(std::string_view line, std::string_view value) {
        auto type = take(value, ':');
        if (type.empty() || !text::number(trim(value), G_MAXUINT64))
            return wrong(line, "should be b=<type>:<number>");
        return {};
    }

    Error wrong(std::string_view line, std::string_view why) const {
        return Error{"line " + std::to_string(number_) + " of the description " + std::string(why) +
                     ": " + text::quote(line)};
    }

    const Limits& limits_;
    std::string clean_;
    guint number_ = 0; // of the line, from 1
    guint media_lines_ = 0;
    guint candidates_ = 0;
    bool has_origin_ = false;
    bool has_name_ = false;
};

} // namespace

Result<Message> parse(std::string_view text, const Limits& limits) {
    if (text.find_first_not_of(" \t\r\n") == text.npos)
        return Error{"the session description is empty"};
    if (text.size() > limits.bytes)
        return Error{"the session description has " + std::to_string(text.size()) +
                     " bytes, more than the " + std::to_string(limits.bytes) + " allowed"};
    if (text.find('\0') != text.npos)
        return Error{"the session description holds a NUL byte"};
    if (!g_utf8_validate(text.data(), gssize(text.size()), nullptr))
        return Error{"the session description is not UTF-8 text"};
    Checker checker(limits);
    if (auto checked = checker.check(text); !checked)
        return checked.error();

    GstSDPMessage* message = nullptr;
    gst_sdp_message_new(&message);
    Message result(message);
    if (gst_sdp_message_parse_buffer(reinterpret_cast<const guint8*>(checker.clean().data()),
                                     guint(checker.clean().size()), message) != GST_SDP_OK)
        return Error{"the session description can't be read"};
    return result;
}

std::string to_string(const GstSDPMessage* message) {
    Owned<char> text(gst_sdp_message_as_text(message));
    return text ? text.get() : "";
}

Message copy(const GstSDPMessage* message) {
    GstSDPMessage* result = nullptr;
    gst_sdp_message_copy(message, &result);
    return Message(result);
}

} // namespace rtc::sdp
