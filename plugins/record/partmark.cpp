#include "plugins/record/partmark.hpp"

#include <algorithm>
#include <array>

namespace rtc {
namespace {

// EBML's own id (RFC 8794, 11.2.1), with which each Matroska file begins.
constexpr std::array<guint8, 4> ebml{0x1a, 0x45, 0xdf, 0xa3};
constexpr std::array<guint8, 2> writing_app{0x57, 0x41};

// What follows the id: a length in one byte, and as much text, which zeros may pad.
bool is_part_mark(std::span<const guint8> rest) {
    auto length = rest.empty() ? 0 : size_t(rest[0] & 0x7f);
    if (rest.empty() || !(rest[0] & 0x80) || rest.size() <= length || length < part_mark.size())
        return false;
    auto text = rest.subspan(1, length);
    return std::ranges::equal(text.first(part_mark.size()), part_mark) &&
           std::ranges::all_of(text.subspan(part_mark.size()), [](auto byte) { return byte == 0; });
}

} // namespace

std::optional<size_t> find_part_mark(std::span<const guint8> head) {
    if (head.size() < ebml.size() || !std::ranges::equal(head.first(ebml.size()), ebml))
        return std::nullopt;
    auto rest = head.first(std::min(head.size(), marked_head));
    while (!rest.empty()) {
        auto element = std::ranges::search(rest, writing_app);
        rest = {element.end(), rest.end()};
        if (is_part_mark(rest))
            return size_t(rest.data() + 1 - head.data());
    }
    return std::nullopt;
}

} // namespace rtc
