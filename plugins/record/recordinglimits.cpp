// The part of Recording that ends it when it has had enough: time, bytes, or the disk's last room.
#include "plugins/record/freespace.hpp"
#include "plugins/record/recording.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <algorithm>

namespace rtc {

bool Recording::is_limited() const {
    Lock lock(mutex_);
    return !limit_.empty();
}

// Before a buffer is written: whether it lies beyond what the recording may have.
bool Recording::beyond_limits(RecordingTrack& track, const Stamp& stamp, const GstBuffer* buffer) {
    auto size = gst_buffer_get_size(const_cast<GstBuffer*>(buffer));
    if (options_.max_size > 0 && written_ + size > options_.max_size) {
        reach_limit("max-size");
        return true;
    }
    written_ += size;
    if (options_.max_duration.count() == 0)
        return false;
    if (!first_)
        first_ = stamp.order();
    track.beyond =
        stamp.order() - *first_ >= std::chrono::nanoseconds(options_.max_duration).count();
    // The other tracks may be a little behind.
    if (track.beyond && !std::exchange(wants_end_, true))
        post(&Recording::arm_end);
    bool all = std::all_of(tracks_.begin(), tracks_.end(),
                           [](const auto& other) { return other->beyond || other->ended; });
    if (all)
        reach_limit("max-duration");
    return track.beyond;
}

void Recording::reach_limit(const char* limit) {
    limit_ = limit;
    over(limit);
}

// On the loop, as all that follows.
void Recording::arm_end() {
    end_timer_ = loop_.after(options_.stall_timeout, [weak = weak_from_this()] {
        auto self = weak.lock();
        if (!self)
            return;
        Lock lock(self->mutex_);
        self->reach_limit("max-duration");
    });
}

// "" while there is room enough at that place.
std::string Recording::want_of_space(const std::string& path) const {
    auto least = options_.min_free_space;
    auto free = least > 0 ? free_space_at(path) : std::nullopt;
    if (!free || *free >= least)
        return "";
    Owned<char> has{g_format_size(*free)};
    Owned<char> wants{g_format_size(least)};
    return std::string("only ") + has.get() + " are free at " + path + ", less than the " +
           wants.get() + " of min-free-space";
}

void Recording::check_space() {
    Lock lock(mutex_);
    if (over_ || !current_)
        return;
    auto path = current_->file->location();
    lock.unlock();
    auto want = want_of_space(path);
    if (want.empty())
        return;
    tell_trouble(want + "; the recording ends");
    lock.lock();
    reach_limit(min_free_space);
}

} // namespace rtc
