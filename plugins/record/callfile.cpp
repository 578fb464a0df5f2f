#include "plugins/record/callfile.hpp"

#include "plugins/record/filename.hpp"

#include <algorithm>

namespace rtc {

Result<std::shared_ptr<CallFile>> CallFile::open(Loop& loop, const Container& container,
                                                 const std::string& location,
                                                 std::optional<guint> mode,
                                                 const std::vector<Track>& tracks, gint64 base,
                                                 Callbacks callbacks) {
    auto part = PartFile::reserve(location, mode);
    if (!part)
        return part.error();
    std::shared_ptr<CallFile> file(new CallFile(loop, container, std::move(callbacks)));
    auto opened = file->open_part(std::move(*part), tracks, base);
    if (!opened)
        return opened.error();
    file->first_ = *opened;
    return file;
}

CallFile::~CallFile() = default;

Result<std::shared_ptr<CallFile::Part>>
CallFile::open_part(PartFile file, const std::vector<Track>& tracks, gint64 base) {
    const auto& container = part_container(container_);
    std::vector<FileWriter::Track> inputs;
    for (const auto& track : tracks) {
        auto fit = find_fit(container, *track.codec, track.caps.get());
        if (!fit)
            return Error{std::string(container.name) + " has no place for " + track.codec->name};
        inputs.push_back({*fit, track.caps});
    }
    auto part = std::make_unique<Writing>(Writing{std::move(file), nullptr});
    auto done = [weak = weak_from_this(), raw = part.get()](const FileWriter::Outcome& outcome) {
        if (auto self = weak.lock())
            self->part_done(*raw, outcome);
    };
    auto broken = [weak = weak_from_this(), raw = part.get()](size_t track, const auto& error) {
        if (auto self = weak.lock())
            self->callbacks_.broken(raw->handle->writer.get(), track, error);
    };
    auto writer = FileWriter::open(loop_, container, part->file.path(), inputs, done, broken);
    if (!writer) {
        part->file.remove();
        return writer.error();
    }
    part->handle = std::make_shared<Part>(Part{*writer, base});
    tracks_ += guint(tracks.size());
    std::lock_guard lock(mutex_);
    writers_.push_back(*writer);
    if (released_)
        (*writer)->release();
    return parts_.emplace_back(std::move(part))->handle;
}

bool CallFile::takes(const Track& track) const {
    return find_fit(container_, *track.codec, track.caps.get()).has_value();
}

Result<std::shared_ptr<CallFile::Part>> CallFile::add_part(const Track& track, gint64 base) {
    if (ending_)
        return Error{"the file has ended"};
    auto path = part_path({location(), tracks_ + 1, (base - this->base()) / 1000});
    auto part = parts_.front()->file.make_other(path);
    if (!part)
        return part.error();
    return open_part(std::move(*part), {track}, base);
}

void CallFile::end() {
    ending_ = true;
    for (const auto& part : parts_)
        if (!part->closed)
            part->handle->writer->end();
}

void CallFile::release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    for (const auto& writer : writers_)
        writer->release();
}

void CallFile::abort_writing(const std::string& reason) {
    ending_ = true;
    for (const auto& part : parts_)
        if (!part->closed)
            part->handle->writer->abort(reason);
}

void CallFile::abort_composing() {
    if (!composer_)
        return;
    composer_ = nullptr;
    whole_->remove();
    leave_parts("there was no time to make one file of its parts");
}

// They play as they are.
void CallFile::leave_parts(const std::string& why) {
    for (const auto& part : parts_) {
        if (part->file.bytes() == 0)
            continue;
        if (outcome_.location.empty())
            outcome_.location = part->file.path();
        outcome_.bytes += part->file.bytes();
    }
    outcome_.writing.error = why + "; the next start does it";
    tell();
}

void CallFile::part_done(Writing& part, const FileWriter::Outcome& outcome) {
    part.closed = true;
    if (outcome_.writing.error.empty())
        outcome_.writing = outcome;
    bool all =
        std::all_of(parts_.begin(), parts_.end(), [](const auto& other) { return other->closed; });
    if ((all || !outcome.error.empty()) && !ending_) {
        end();
        callbacks_.fault(outcome);
    }
    if (all)
        settle();
}

// All parts are closed.
void CallFile::settle() {
    bool failed = !outcome_.writing.error.empty();
    guint used = 0;
    for (const auto& part : parts_) {
        if (part->file.bytes() == 0)
            part->file.remove();
        else
            used++;
    }
    if (used == 0)
        return tell();
    bool as_it_is = used == 1 && has_bytes(0) && takes_parts_as_they_are(container_);
    // Where there is no room for the file there is none for another one.
    if (as_it_is && (!failed || outcome_.writing.disk_full))
        return keep_first(!failed);
    compose();
}

void CallFile::compose() {
    auto file = parts_.front()->file.make_other(composing_path(location()));
    if (!file) {
        outcome_.writing.error = file.error().message;
        return keep_separately();
    }
    whole_ = std::move(*file);
    std::vector<Composer::Part> parts;
    for (size_t i = 0; i < parts_.size(); i++)
        if (has_bytes(i))
            parts.push_back({parts_[i]->file.path(), parts_[i]->handle->base - base()});
    composer_ = Composer::start(loop_, container_, std::move(parts), whole_->path(),
                                [weak = weak_from_this()](const FileWriter::Outcome& outcome) {
                                    if (auto self = weak.lock())
                                        self->composed(outcome);
                                });
}

void CallFile::composed(const FileWriter::Outcome& outcome) {
    auto composer = std::exchange(composer_, nullptr);
    if (!outcome.error.empty()) {
        whole_->remove();
        if (outcome.disk_full)
            return leave_parts("there is no room to make one file of its parts: " + outcome.error);
        if (outcome_.writing.error.empty())
            outcome_.writing = outcome;
        return keep_separately();
    }
    keep(*whole_);
    outcome_.whole = true;
    for (const auto& part : parts_)
        part->file.remove();
    tell();
}

void CallFile::keep_first(bool whole) {
    keep(parts_.front()->file);
    outcome_.whole = whole;
    tell();
}

void CallFile::keep_separately() {
    for (const auto& part : parts_) {
        auto ending = part_container(container_).ending;
        part->file.set_location(replace_ending(part->file.location(), ending));
        keep(part->file);
    }
    tell();
}

// The first one kept is the file itself.
void CallFile::keep(PartFile& file) {
    auto kept = file.keep();
    if (!kept && outcome_.writing.error.empty())
        outcome_.writing.error = kept.error().message;
    if (kept && *kept == 0)
        return;
    auto location = kept ? file.location() : file.path();
    if (!outcome_.location.empty()) {
        outcome_.separate.push_back(location);
        return;
    }
    outcome_.location = location;
    outcome_.bytes = kept ? *kept : file.bytes();
}

void CallFile::tell() {
    if (auto done = std::exchange(callbacks_.done, nullptr))
        done(outcome_);
}

} // namespace rtc
