// application/trickle-ice-sdpfrag: the candidates that a WHIP or WHEP peer sends after its
// description (RFC 8840 section 9, RFC 9725 section 4.3). Pure.
#pragma once

#include "signaling/base/result.hpp"

#include <glib.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtc::whip {

inline constexpr const char* fragment_type = "application/trickle-ice-sdpfrag";

// What a fragment says of one media section.
struct FragmentSection {
    std::string media; // "audio", "video"; "" where there is no m-line before the mid
    std::string mid;
    std::string ufrag, password;         // "" where only the fragment's own are given
    std::vector<std::string> candidates; // "candidate:…"
    bool end_of_candidates = false;
};

struct Fragment {
    std::string ufrag, password; // of the whole; some peers write them in each section instead
    std::vector<FragmentSection> sections;
    // Before any section: candidates of a peer that bundles all media and names none.
    std::vector<std::string> candidates;
    bool end_of_candidates = false; // for all sections
};

// Lines end in CRLF or LF. Unknown attributes are passed over (RFC 8840 section 9). Refused, with
// the reason in words: what is empty, over 64 KiB or 200 candidates, is not UTF-8 or holds a NUL,
// or has a line that is not "a=…" or "m=…".
Result<Fragment> parse_fragment(std::string_view text);

// With CRLF, in the order of RFC 8840 section 9.
std::string to_string(const Fragment& fragment);

// The ICE user fragments that it names, of the whole and of each section.
std::vector<std::string> ufrags(const Fragment& fragment);

struct FragmentCandidate {
    guint mline = 0;
    std::optional<std::string> candidate; // nothing: there are no more
    bool operator==(const FragmentCandidate&) const = default;
};
// The candidates with the index of their media section, in order. `mids` are those of the
// description, "" for one that has none. Sections that it doesn't have are left out; so is what
// names no section in a description without media.
std::vector<FragmentCandidate> candidates(const Fragment& fragment,
                                          std::span<const std::string> mids);

} // namespace rtc::whip
