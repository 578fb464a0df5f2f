#include "plugins/publish/ladder.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace rtc {
namespace {

std::string_view trim(std::string_view text) {
    auto first = text.find_first_not_of(' ');
    return first == text.npos ? std::string_view{}
                              : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool read_number(std::string_view text, guint low, guint high, guint& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number >= low &&
           number <= high;
}

constexpr guint least_height = 180;
constexpr guint assumed_estimate = 2'000'000; // bit/s
constexpr double headroom = 1.2;              // above a rung's rate, to go up to it

} // namespace

Result<Ladder> parse_ladder(std::string_view text) {
    Ladder ladder;
    while (!text.empty()) {
        auto comma = text.find(',');
        auto rung = trim(text.substr(0, comma));
        text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
        auto colon = rung.find(':');
        guint height = 0, bitrate = 0;
        bool good = colon != rung.npos && colon > 1 && rung[colon - 1] == 'p' &&
                    read_number(rung.substr(0, colon - 1), 16, 16384, height) &&
                    read_number(rung.substr(colon + 1), 10, 1'000'000, bitrate);
        if (!good)
            return Error{"a rung is lines and kbit/s, as in \"720p:2500\", not \"" +
                         std::string(rung) + "\""};
        ladder.push_back({height, bitrate * 1000});
    }
    if (ladder.empty())
        return Error{"a ladder needs a rung, as in \"720p:2500,360p:600\""};
    std::ranges::sort(ladder, std::greater(), &Rung::bitrate);
    return ladder;
}

Ladder make_ladder(guint height, guint bitrate) {
    Ladder ladder{{height, bitrate}};
    while (ladder.size() < 3 && ladder.back().height / 2 >= least_height)
        ladder.push_back({ladder.back().height / 2, ladder.back().bitrate * 3 / 10});
    return ladder;
}

Ladder fit_ladder(Ladder ladder, guint height) {
    auto least = ladder.back();
    std::erase_if(ladder, [&](const Rung& rung) { return rung.height > height; });
    if (ladder.empty())
        ladder.push_back({0, least.bitrate});
    return ladder;
}

guint rung_width(guint width, guint height, guint rung_height) {
    return guint(MAX(gst_util_uint64_scale_round(width, rung_height, 2 * MAX(height, 1)) * 2, 2));
}

size_t RungChoice::best(double estimate) const {
    for (size_t i = 0; i < ladder_.size(); i++)
        if (ladder_[i].bitrate != no_bitrate && ladder_[i].bitrate <= estimate)
            return i;
    auto least = std::ranges::min_element(ladder_, {}, &Rung::bitrate);
    return size_t(least - ladder_.begin());
}

size_t RungChoice::start() const {
    return best(assumed_estimate);
}

size_t RungChoice::choose(size_t current, guint estimate, GstClockTime now, size_t limit) {
    constexpr GstClockTime patience = 500 * GST_MSECOND, regret = 10 * GST_SECOND;
    limit = MIN(limit, ladder_.size() - 1);
    if (current < limit) {
        high_since_.reset();
        low_since_.reset();
        went_up_.reset();
        return MAX(best(estimate), limit);
    }
    double needed = ladder_[current].bitrate;
    if (estimate < needed && current + 1 < ladder_.size()) {
        high_since_.reset();
        low_since_ = low_since_.value_or(now);
        if (now < *low_since_ + patience && estimate > needed * 0.6)
            return current;
        if (went_up_ && now < *went_up_ + regret)
            hold_ = MIN(hold_ * 2, longest_hold);
        low_since_.reset();
        went_up_.reset();
        auto next = MAX(best(estimate), current + 1);
        return ladder_[next].bitrate == no_bitrate ? current : next;
    }
    low_since_.reset();
    if (went_up_ && now >= *went_up_ + regret) {
        went_up_.reset();
        hold_ = shortest_hold;
    }
    auto better = MAX(best(estimate / headroom), limit);
    if (better >= current) {
        high_since_.reset();
        return current;
    }
    high_since_ = high_since_.value_or(now);
    if (now < *high_since_ + hold_)
        return current;
    high_since_.reset();
    went_up_ = now;
    return better;
}

guint RungChoice::wanted(size_t current, size_t limit) const {
    for (auto better = current; better-- > limit;)
        if (ladder_[better].bitrate != no_bitrate)
            return guint(ladder_[better].bitrate * headroom);
    return 0;
}

} // namespace rtc
