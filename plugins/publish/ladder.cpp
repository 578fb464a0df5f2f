#include "plugins/publish/ladder.hpp"

#include "signaling/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <ranges>
#include <string>

namespace rtc {
namespace {

bool read_number(std::string_view text, guint low, guint high, guint& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number >= low &&
           number <= high;
}

constexpr guint least_height = 180;
constexpr guint assumed_estimate = 2'000'000; // bit/s
// Above what is needed, to go up.
constexpr double ladder_headroom = 1.2;
// Of the only rung: its encoder may follow the viewers' networks, to a little less than they carry.
constexpr double only_headroom = 1.05;

} // namespace

Result<Ladder> parse_ladder(std::string_view text) {
    Ladder ladder;
    while (!text.empty()) {
        auto rung = trim(take(text, ','));
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

void RungChoice::set_ladder(const Ladder& ladder) {
    steps_.clear();
    rungs_ = ladder.size();
    for (size_t i = 0; i < ladder.size(); i++) {
        const auto& [height, bitrate, shares] = ladder[i];
        steps_.push_back({{i, all_layers}, bitrate});
        for (auto layer = MIN(shares.size(), all_layers); bitrate != no_bitrate && layer-- > 0;)
            steps_.push_back({{i, guint8(layer)}, guint(bitrate * shares[layer])});
    }
}

double RungChoice::headroom() const {
    return rungs_ > 1 ? ladder_headroom : only_headroom;
}

size_t RungChoice::best(double estimate) const {
    for (size_t i = 0; i < steps_.size(); i++)
        if (steps_[i].bitrate != no_bitrate && steps_[i].bitrate <= estimate)
            return i;
    auto least = std::ranges::min_element(steps_, {}, &Step::bitrate);
    return size_t(least - steps_.begin());
}

// The layers of a rung may have changed since.
size_t RungChoice::find(const Quality& quality) const {
    size_t found = 0;
    for (size_t i = 0; i < steps_.size() && steps_[i].quality.rung <= quality.rung; i++)
        if (steps_[i].quality.rung < quality.rung || steps_[i].quality.layer >= quality.layer ||
            steps_[i].whole())
            found = i;
    return found;
}

size_t RungChoice::start() const {
    auto whole = std::views::filter(steps_, &Step::whole);
    auto first = std::ranges::find_if(
        whole, [](const Step& step) { return step.bitrate <= assumed_estimate; });
    if (first == whole.end())
        first = std::ranges::min_element(whole, {}, &Step::bitrate);
    return first->quality.rung;
}

Quality RungChoice::choose(const Quality& current, guint estimate, GstClockTime now, size_t limit) {
    auto first = find({MIN(limit, rungs_ - 1), all_layers});
    return steps_[choose_step(find(current), estimate, now, first)].quality;
}

size_t RungChoice::choose_step(size_t current, guint estimate, GstClockTime now, size_t limit) {
    constexpr GstClockTime patience = 500 * GST_MSECOND, regret = 10 * GST_SECOND;
    if (current < limit) {
        high_since_.reset();
        low_since_.reset();
        went_up_.reset();
        return MAX(best(estimate), limit);
    }
    double needed = steps_[current].bitrate;
    if (estimate < needed && current + 1 < steps_.size()) {
        high_since_.reset();
        low_since_ = low_since_.value_or(now);
        auto next = MAX(best(estimate), current + 1);
        // Fewer pictures cost no keyframe, so less of a fall has them at once.
        bool leaves_rung = steps_[next].quality.rung != steps_[current].quality.rung;
        if (now < *low_since_ + patience && estimate > needed * (leaves_rung ? 0.6 : 0.8))
            return current;
        if (went_up_ && now < *went_up_ + regret)
            hold_ = MIN(hold_ * 2, longest_hold);
        low_since_.reset();
        went_up_.reset();
        return steps_[next].bitrate == no_bitrate ? current : next;
    }
    low_since_.reset();
    if (went_up_ && now >= *went_up_ + regret) {
        went_up_.reset();
        hold_ = shortest_hold;
    }
    auto better = MAX(best(estimate / headroom()), limit);
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

guint RungChoice::wanted(const Quality& current, size_t limit) const {
    auto first = find({MIN(limit, rungs_ - 1), all_layers});
    for (auto better = find(current); better-- > first;)
        if (steps_[better].bitrate != no_bitrate)
            return guint(steps_[better].bitrate * headroom());
    return 0;
}

} // namespace rtc
