#include "plugins/record/retentionworker.hpp"

namespace rtc {
namespace {
constexpr std::chrono::minutes interval{1};
}

Retention::Retention(const RetentionLimits& limits, std::string directory, guint depth, Tell tell)
    : limits_(limits)
    , directory_(std::move(directory))
    , depth_(depth)
    , tell_(std::move(tell))
    , thread_(std::make_unique<Loop>("rtcretention")) {}

std::shared_ptr<Retention> Retention::start(const RetentionLimits& limits, std::string directory,
                                            guint depth, Tell tell) {
    std::shared_ptr<Retention> retention(
        new Retention(limits, std::move(directory), depth, std::move(tell)));
    retention->thread_->post([weak = std::weak_ptr(retention)] {
        auto self = weak.lock();
        if (!self)
            return;
        self->timer_ = self->thread_->every(interval, [weak] {
            if (auto sweeper = weak.lock())
                sweeper->sweep();
        });
    });
    retention->sweep_soon();
    return retention;
}

Retention::~Retention() {
    stop();
}

void Retention::stop() {
    stop_ = true;
    thread_->call([this] { timer_.cancel(); });
}

void Retention::sweep_soon() {
    if (wanted_.exchange(true))
        return;
    thread_->post([weak = weak_from_this()] {
        if (auto self = weak.lock())
            self->sweep();
    });
}

void Retention::sweep() {
    wanted_ = false;
    auto now = g_get_real_time() / G_USEC_PER_SEC;
    for (const auto& expired :
         choose_expired(list_stored(directory_, depth_, stop_), limits_, now)) {
        if (stop_)
            return;
        auto deleted = delete_stored(expired.recording, directory_);
        tell_(expired, deleted ? "" : deleted.error().message);
    }
}

} // namespace rtc
