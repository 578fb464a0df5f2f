#include "plugins/publish/laddersubscription.hpp"

#include "plugins/publish/background.hpp"
#include "plugins/publish/rungswitch.hpp"

#include <map>

namespace rtc {
namespace {

// A rung that has not begun by then is given up.
constexpr GstClockTime patience = 5 * GST_SECOND;

class Rungs : public std::enable_shared_from_this<Rungs> {
public:
    using Subscriptions = std::map<size_t, std::shared_ptr<Subscription>>;

    Rungs(AskLadder ladder, const SendParameters& parameters, std::shared_ptr<Transport> transport,
          OpenRung open)
        : parameters_(parameters)
        , ladder_(std::move(ladder))
        , open_(std::move(open))
        , switch_(std::make_shared<RungSwitch>(parameters.first_sequence, std::move(transport)))
        , choice_(ladder_()) {}

    bool start() { return open({choice_.start()}); }

    void set_estimate(guint bitrate, bool heard, GstClockTime now) {
        auto ladder = ladder_();
        {
            std::lock_guard lock(mutex_);
            choice_.set_ladder(ladder);
            estimate_ = bitrate;
            follow(now);
        }
        // The only one may follow the viewers' networks.
        if (ladder.size() == 1)
            for (const auto& [rung, subscription] : copy())
                subscription->set_bandwidth(bitrate, heard);
    }

    void set_limit(size_t rung, GstClockTime now) {
        std::lock_guard lock(mutex_);
        limit_ = rung;
        follow(now);
    }

    void request_keyframe() {
        for (const auto& [rung, subscription] : copy())
            subscription->request_keyframe();
    }
    size_t current() const { return switch_->current(); }
    guint8 layer() const { return switch_->layer(); }
    guint wanted() {
        std::lock_guard lock(mutex_);
        return choice_.wanted(quality(), limit_);
    }

    void end() {
        Subscriptions gone;
        std::lock_guard lock(mutex_);
        ended_ = true;
        std::swap(gone, open_rungs_);
    }

private:
    Quality quality() const { return {switch_->current(), switch_->wanted_layer()}; }

    // With the lock held.
    void follow(GstClockTime now) {
        if (busy_ || ended_)
            return;
        auto current = quality();
        if (switch_->wanted() && now > began_ + patience)
            switch_->want(current.rung);
        if (switch_->wanted())
            return;
        auto next = choice_.choose(current, estimate_, now, limit_);
        // What is too much is thinned until the lower rung begins.
        if (next.rung >= current.rung)
            switch_->thin(next.rung == current.rung ? next.layer : guint8(0));
        if (next.rung == current.rung && open_rungs_.size() <= 1)
            return;
        busy_ = true;
        began_ = now;
        run_in_background([self = shared_from_this(), next] { self->move_to(next); });
    }

    Subscriptions copy() {
        std::lock_guard lock(mutex_);
        return open_rungs_;
    }

    // The rungs that were left before go; the next begins.
    void move_to(const Quality& next) {
        auto current = switch_->current();
        Subscriptions gone;
        {
            std::lock_guard lock(mutex_);
            for (auto entry = open_rungs_.begin(); entry != open_rungs_.end();)
                if (entry->first == current)
                    ++entry;
                else
                    gone.insert(open_rungs_.extract(entry++));
        }
        gone.clear();
        if (next.rung != current && !open(next))
            switch_->want(current);
        std::lock_guard lock(mutex_);
        busy_ = false;
    }

    bool open(const Quality& next) {
        auto rung = next.rung;
        auto parameters = parameters_;
        // In the middle of a stream the past would be shown twice.
        parameters.from_history = !begun_;
        switch_->want(rung, next.layer);
        std::shared_ptr<Subscription> subscription = open_(rung, parameters, switch_->gate(rung));
        if (!subscription)
            return false;
        begun_ = true;
        std::lock_guard lock(mutex_);
        if (!ended_)
            open_rungs_[rung] = std::move(subscription);
        return true;
    }

    const SendParameters parameters_;
    const AskLadder ladder_;
    const OpenRung open_;
    const std::shared_ptr<RungSwitch> switch_;
    bool begun_ = false; // by one open() at a time

    std::mutex mutex_;
    RungChoice choice_;
    Subscriptions open_rungs_;
    bool busy_ = false, ended_ = false; // busy: a helper thread changes rungs
    GstClockTime began_ = 0;
    guint estimate_ = G_MAXUINT; // until there is one
    size_t limit_ = 0;
};

class LadderSubscription : public Subscription {
public:
    explicit LadderSubscription(std::shared_ptr<Rungs> rungs)
        : rungs_(std::move(rungs)) {}
    ~LadderSubscription() override { rungs_->end(); }
    void request_keyframe() override { rungs_->request_keyframe(); }
    void set_bandwidth(guint bitrate, bool heard) override {
        rungs_->set_estimate(bitrate, heard, now());
    }
    void limit_rung(size_t rung) override { rungs_->set_limit(rung, now()); }
    guint rung() const override { return guint(rungs_->current()); }
    guint temporal_layer() const override { return rungs_->layer(); }
    guint wanted() const override { return rungs_->wanted(); }

private:
    static GstClockTime now() { return GstClockTime(g_get_monotonic_time()) * GST_USECOND; }

    std::shared_ptr<Rungs> rungs_;
};

} // namespace

std::unique_ptr<Subscription> subscribe_to_ladder(AskLadder ladder,
                                                  const SendParameters& parameters,
                                                  std::shared_ptr<Transport> transport,
                                                  OpenRung open) {
    auto rungs = std::make_shared<Rungs>(std::move(ladder), parameters, std::move(transport),
                                         std::move(open));
    if (!rungs->start())
        return nullptr;
    return std::make_unique<LadderSubscription>(std::move(rungs));
}

} // namespace rtc
