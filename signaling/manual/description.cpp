#include "signaling/manual/description.hpp"

#include "signaling/base/json.hpp"
#include "signaling/base/text.hpp"

namespace rtc::manual {
namespace {

constexpr size_t longest = 128 * 1024;

std::string to_json(const Description& description) {
    return JsonWriter()
        .text("type", gst_webrtc_sdp_type_to_string(description.type))
        .text("sdp", description.sdp)
        .finish();
}

Result<Description> parse_json(std::string_view text) {
    auto json = JsonValue::parse(text);
    if (!json)
        return Error{"it looks like JSON, but is none: was all of it copied?"};
    auto type = json->text("type");
    auto sdp = json->text("sdp");
    if (!type || !sdp)
        return Error{"the JSON has no \"type\" and \"sdp\""};
    if (*type == "offer")
        return Description{GST_WEBRTC_SDP_TYPE_OFFER, *sdp};
    if (*type == "answer")
        return Description{GST_WEBRTC_SDP_TYPE_ANSWER, *sdp};
    return Error{"its type is neither offer nor answer"};
}

// RFC 4648 section 4 or 5, with white space anywhere and the padding perhaps lost.
std::string decode_base64(std::string_view text) {
    std::string clean;
    for (char c : text) {
        if (g_ascii_isspace(c))
            continue;
        c = c == '-' ? '+' : c == '_' ? '/' : c;
        if (!g_ascii_isalnum(c) && c != '+' && c != '/' && c != '=')
            return "";
        clean += c;
    }
    while (clean.size() % 4)
        clean += '=';
    gsize size = 0;
    auto* data = g_base64_decode(clean.c_str(), &size);
    std::string result(reinterpret_cast<char*>(data), size);
    g_free(data);
    return result;
}

} // namespace

std::string to_text(const Description& description, Form form) {
    if (form == Form::sdp)
        return description.sdp.ends_with('\n') ? description.sdp : description.sdp + "\r\n";
    auto json = to_json(description);
    if (form == Form::json)
        return json + "\n";
    Owned<char> line{
        g_base64_encode(reinterpret_cast<const guchar*>(json.data()), gsize(json.size()))};
    return std::string(line.get()) + "\n";
}

Result<Description> parse(std::string_view text, GstWebRTCSDPType plain) {
    if (text.size() > longest)
        return Error{"it is over 128 KiB"};
    auto content = trim(text);
    if (content.empty())
        return Error{"it is empty"};
    if (!g_utf8_validate(content.data(), gssize(content.size()), nullptr))
        return Error{"it is not text"};
    if (content.starts_with("v="))
        return Description{plain, std::string(content) + "\r\n"};
    if (content.starts_with('{'))
        return parse_json(content);
    auto decoded = decode_base64(content);
    if (!trim(decoded).starts_with('{') ||
        !g_utf8_validate(decoded.data(), gssize(decoded.size()), nullptr))
        return Error{"it is neither SDP nor JSON nor the base64 of that: was all of it copied?"};
    return parse_json(trim(decoded));
}

std::vector<std::string> Reader::feed(std::string_view bytes) {
    std::vector<std::string> texts;
    line_ += bytes;
    for (auto end = line_.find('\n'); end != line_.npos; end = line_.find('\n')) {
        auto line = line_.substr(0, end + 1);
        line_.erase(0, end + 1);
        bool blank = trim(line).empty();
        if (text_.empty() && !blank && !line.starts_with("v=")) {
            texts.push_back(std::move(line));
        } else if (!blank) {
            text_ += line;
        } else if (!text_.empty()) {
            texts.push_back(std::move(text_));
            text_.clear();
        }
    }
    if (line_.size() + text_.size() > longest) {
        line_.clear();
        text_.clear();
    }
    return texts;
}

std::string Reader::finish() {
    auto rest = text_ + line_;
    text_.clear();
    line_.clear();
    return trim(rest).empty() ? "" : rest;
}

} // namespace rtc::manual
