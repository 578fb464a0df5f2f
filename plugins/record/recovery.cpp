#include "plugins/record/recovery.hpp"

#include "plugins/record/filename.hpp"
#include "plugins/record/leftmanifest.hpp"

#include <iterator>

namespace rtc {

Recovery::Recovery(Loop& loop, std::vector<Leftover> leftovers, Tell tell)
    : loop_(loop)
    , leftovers_(std::make_move_iterator(leftovers.begin()),
                 std::make_move_iterator(leftovers.end()))
    , tell_(std::move(tell)) {}

std::shared_ptr<Recovery> Recovery::start(Loop& loop, std::vector<Leftover> leftovers, Tell tell) {
    std::shared_ptr<Recovery> recovery(new Recovery(loop, std::move(leftovers), std::move(tell)));
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
    auto file = PartFile::make(leftover.location, composing_path(leftover.location));
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
        return keep_as_they_are(outcome.error);
    }
    auto& leftover = leftovers_.front();
    auto kept = whole->keep();
    if (!kept) {
        whole->remove();
        return keep_as_they_are(kept.error().message);
    }
    for (auto& part : leftover.parts)
        part.file.remove();
    finish_manifest(leftover.location, whole->location(), *kept);
    tell_(whole->location(), "");
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
        auto kept = part.file.keep();
        tell_(kept ? part.file.location() : part.file.path(), why);
    }
    leftovers_.pop_front();
    next();
}

} // namespace rtc
