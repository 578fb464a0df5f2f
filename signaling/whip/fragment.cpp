#include "signaling/whip/fragment.hpp"

#include <algorithm>

namespace rtc::whip {
namespace {

constexpr size_t max_bytes = 64 * 1024;
constexpr size_t max_candidates = 200;

// The next line, without its end, taken off the text.
std::string_view next_line(std::string_view& text) {
    auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

class Parser {
public:
    Result<Fragment> parse(std::string_view text) {
        while (!text.empty()) {
            auto line = next_line(text);
            lines_++;
            if (line.empty())
                continue;
            if (line.starts_with("m="))
                media(line.substr(2));
            else if (line.starts_with("a="))
                attribute(line.substr(2));
            else
                return Error{"line " + std::to_string(lines_) +
                             " of the fragment is neither a= nor m="};
            if (candidates_ > max_candidates)
                return Error{"the fragment has more than 200 candidates"};
        }
        return std::move(fragment_);
    }

private:
    FragmentSection* section() {
        return fragment_.sections.empty() ? nullptr : &fragment_.sections.back();
    }

    void media(std::string_view value) {
        fragment_.sections.push_back({.media = std::string(value.substr(0, value.find(' ')))});
    }

    void attribute(std::string_view value) {
        auto colon = value.find(':');
        auto name = value.substr(0, colon);
        std::string content(colon == value.npos ? std::string_view() : value.substr(colon + 1));
        auto* current = section();
        if (name == "mid") {
            // Some peers leave out the m-line: a second mid starts a section of its own.
            if (!current || !current->mid.empty())
                current = &fragment_.sections.emplace_back();
            current->mid = content;
        } else if (name == "ice-ufrag") {
            (current ? current->ufrag : fragment_.ufrag) = content;
        } else if (name == "ice-pwd") {
            (current ? current->password : fragment_.password) = content;
        } else if (name == "end-of-candidates") {
            (current ? current->end_of_candidates : fragment_.end_of_candidates) = true;
        } else if (name == "candidate") {
            candidates_++;
            (current ? current->candidates : fragment_.candidates).push_back(std::string(value));
        }
    }

    Fragment fragment_;
    size_t lines_ = 0;
    size_t candidates_ = 0;
};

std::optional<guint> find_mid(std::span<const std::string> mids, const FragmentSection& section,
                              size_t position) {
    auto found = std::find(mids.begin(), mids.end(), section.mid);
    if (!section.mid.empty() && found != mids.end())
        return guint(found - mids.begin());
    // Without a mid, m-lines can only be told by their order.
    if (section.mid.empty() && position < mids.size())
        return guint(position);
    return std::nullopt;
}

} // namespace

Result<Fragment> parse_fragment(std::string_view text) {
    if (text.find_first_not_of("\r\n") == text.npos)
        return Error{"the fragment is empty"};
    if (text.size() > max_bytes)
        return Error{"the fragment is over 64 KiB"};
    // A NUL counts as invalid here.
    if (!g_utf8_validate(text.data(), gssize(text.size()), nullptr))
        return Error{"the fragment is not UTF-8 text"};
    return Parser().parse(text);
}

std::string to_string(const Fragment& fragment) {
    std::string text;
    auto line = [&](const std::string& content) { text += "a=" + content + "\r\n"; };
    auto credentials = [&](const std::string& ufrag, const std::string& password) {
        if (!ufrag.empty())
            line("ice-ufrag:" + ufrag);
        if (!password.empty())
            line("ice-pwd:" + password);
    };
    credentials(fragment.ufrag, fragment.password);
    for (const auto& candidate : fragment.candidates)
        line(candidate);
    if (fragment.end_of_candidates)
        line("end-of-candidates");
    for (const auto& section : fragment.sections) {
        if (!section.media.empty())
            text += "m=" + section.media + " 9 UDP/TLS/RTP/SAVPF 0\r\n";
        if (!section.mid.empty())
            line("mid:" + section.mid);
        credentials(section.ufrag, section.password);
        for (const auto& candidate : section.candidates)
            line(candidate);
        if (section.end_of_candidates)
            line("end-of-candidates");
    }
    return text;
}

std::vector<std::string> ufrags(const Fragment& fragment) {
    std::vector<std::string> result;
    auto add = [&](const std::string& ufrag) {
        if (!ufrag.empty() && std::find(result.begin(), result.end(), ufrag) == result.end())
            result.push_back(ufrag);
    };
    add(fragment.ufrag);
    for (const auto& section : fragment.sections)
        add(section.ufrag);
    return result;
}

std::vector<FragmentCandidate> candidates(const Fragment& fragment,
                                          std::span<const std::string> mids) {
    std::vector<FragmentCandidate> result;
    if (!mids.empty())
        for (const auto& candidate : fragment.candidates)
            result.push_back({0, candidate});
    for (size_t i = 0; i < fragment.sections.size(); i++) {
        const auto& section = fragment.sections[i];
        auto mline = find_mid(mids, section, i);
        if (!mline)
            continue;
        for (const auto& candidate : section.candidates)
            result.push_back({*mline, candidate});
        if (section.end_of_candidates && !fragment.end_of_candidates)
            result.push_back({*mline, std::nullopt});
    }
    if (fragment.end_of_candidates)
        for (guint mline = 0; mline < mids.size(); mline++)
            result.push_back({mline, std::nullopt});
    return result;
}

} // namespace rtc::whip
