#include "plugins/record/recovery.hpp"

#include "plugins/record/filename.hpp"

#include <iterator>

namespace rtc {

Recovery::Recovery(Loop& loop, std::vector<Leftover> leftovers, bool checksum, Tell tell)
    : loop_(loop)
    , checksum_(checksum)
    , leftovers_(std::make_move_iterator(leftovers.begin()),
                 std::make_move_iterator(leftovers.end()))
    , tell_(std::move(tell)) {}

std::shared_ptr<Recovery> Recovery::start(Loop& loop, std::vector<Leftover> leftovers,
                                          bool checksum, Tell tell) {
    std::shared_ptr<Recovery> recovery(
        new Recovery(loop, std::move(leftovers), checksum, std::move(tell)));
    recovery->next();
    return recovery;
}

Recovery::~Recovery() {
    composer_ = nullptr;
    if (whole_)
        whole_->remove();
}

void Recovery::next() {
    if (leftovers_.empty())
        return;
    const auto& leftover = leftovers_.front();
    auto file = leftover.parts.front().file.make_other(composing_path(leftover.location));
    if (!file)
        return keep_as_they_are(file.error().message);
    whole_ = std::move(*file);
    std::vector<Composer::Part> parts;
    for (const auto& part : leftover.parts)
        parts.push_back({part.file.path(), part.offset});
    const auto* container = find_container(path_ending(leftover.location));
    composer_ = Composer::start(loop_, *container, std::move(parts), whole_->path(),
                                [weak = weak_from_this()](const FileWriter::Outcome& outcome) {
                                    if (auto self = weak.lock())
                                        self->composed(outcome);
                                });
}

void Recovery::composed(const FileWriter::Outcome& outcome) {
    auto composer = std::exchange(composer_, nullptr);
    auto whole = std::exchange(whole_, std::nullopt);
    if (!outcome.error.empty()) {
        whole->remove();
        return outcome.disk_full ? leave(outcome.error) : keep_as_they_are(outcome.error);
    }
    auto& leftover = leftovers_.front();
    auto kept = whole->keep();
    if (!kept) {
        whole->remove();
        return keep_as_they_are(kept.error().message);
    }
    Recovered file{leftover.location, whole->location(), true, *kept, outcome.end};
    file.stopped = leftover.parts.front().file.written();
    for (auto& part : leftover.parts)
        part.file.remove();
    if (!checksum_)
        return finished(file);
    auto digested = [weak = weak_from_this(), file](const Result<std::string>& sha256) mutable {
        file.sha256 = sha256 ? *sha256 : "";
        if (auto self = weak.lock())
            self->finished(file);
    };
    digest_ = Digest::start(loop_, file.path, digested);
}

void Recovery::finished(const Recovered& file) {
    auto told = finish_manifest(file);
    tell_(file.path, told ? *told : "", told ? "" : "its manifest: " + told.error().message);
    leftovers_.pop_front();
    next();
}

// For a start when there is room.
void Recovery::leave(const std::string& why) {
    auto path = leftovers_.front().parts.front().file.path();
    tell_("", "", path + " stays as it is: " + why);
    leftovers_.pop_front();
    next();
}

// They play as far as they go.
void Recovery::keep_as_they_are(const std::string& why) {
    auto& leftover = leftovers_.front();
    const auto* container = find_container(path_ending(leftover.location));
    for (auto& part : leftover.parts) {
        part.file.set_location(
            replace_ending(leftover.location, part_container(*container).ending));
        Recovered file{leftover.location};
        file.stopped = part.file.written();
        auto kept = part.file.keep();
        file.path = kept ? part.file.location() : part.file.path();
        file.bytes = kept ? *kept : part.file.bytes();
        bool first = &part == &leftover.parts.front();
        auto told = first ? finish_manifest(file) : Result<std::string>(std::string());
        tell_(file.path, told ? *told : "",
              told ? why : why + "; its manifest: " + told.error().message);
    }
    leftovers_.pop_front();
    next();
}

} // namespace rtc
