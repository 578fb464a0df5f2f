#include "plugins/record/composer.hpp"

#include "plugins/record/decodetimes.hpp"
#include "plugins/record/freespace.hpp"
#include "plugins/record/partreader.hpp"
#include "plugins/record/timeline.hpp"

#include <glib/gstdio.h>

#include <algorithm>
#include <deque>

namespace rtc {
namespace {

// As many pictures tell how far the stream reorders them; H.264 allows 16 (A.3.1).
constexpr size_t pictures_to_look_at = 32;

gint64 time_of(const GstSample* sample) {
    auto* buffer = gst_sample_get_buffer(const_cast<GstSample*>(sample));
    auto* segment = gst_sample_get_segment(const_cast<GstSample*>(sample));
    guint64 time = 0;
    auto sign =
        gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer), &time);
    return sign < 0 ? -gint64(time) : gint64(time);
}

// What a part's track gives, with the stamps that it has in the whole.
class Stamped {
public:
    Stamped(PartReader& reader, gint64 offset, bool wants_dts, const std::atomic<bool>& stop)
        : reader_(reader)
        , offset_(offset)
        , wants_dts_(wants_dts)
        , stop_(stop) {}

    // nullptr at the end. The sample's caps and the stamped buffer.
    Ref<GstSample> next(Ref<GstBuffer>& buffer) {
        if (!looked_)
            look();
        auto sample = take();
        if (!sample)
            return nullptr;
        auto* original = gst_sample_get_buffer(sample.get());
        buffer = adopt(gst_buffer_copy(original));
        Stamp stamp;
        stamp.pts = time_of(sample.get()) + offset_;
        stamp.duration = GST_BUFFER_DURATION(original);
        if (decode_times_)
            stamp.dts = decode_times_->next(stamp.pts);
        apply_stamp(buffer.get(), stamp, 0);
        return sample;
    }

private:
    void look() {
        looked_ = true;
        if (!wants_dts_)
            return;
        std::vector<gint64> shown;
        while (ahead_.size() < pictures_to_look_at) {
            auto sample = reader_.next(stop_);
            if (!sample)
                break;
            shown.push_back(time_of(sample.get()));
            ahead_.push_back(std::move(sample));
        }
        if (auto depth = DecodeTimes::depth_of(shown); depth > 0)
            decode_times_ = std::make_unique<DecodeTimes>(depth);
    }
    Ref<GstSample> take() {
        if (ahead_.empty())
            return reader_.next(stop_);
        auto sample = std::move(ahead_.front());
        ahead_.pop_front();
        return sample;
    }

    PartReader& reader_;
    const gint64 offset_;
    const bool wants_dts_;
    const std::atomic<bool>& stop_;
    bool looked_ = false;
    std::deque<Ref<GstSample>> ahead_;
    std::unique_ptr<DecodeTimes> decode_times_;
};

} // namespace

Composer::Composer(Loop& loop, const Container& container, std::vector<Part> parts,
                   std::string path, FileWriter::Done done)
    : loop_(loop)
    , container_(container)
    , parts_(std::move(parts))
    , path_(std::move(path))
    , done_(std::move(done)) {}

std::shared_ptr<Composer> Composer::start(Loop& loop, const Container& container,
                                          std::vector<Part> parts, const std::string& path,
                                          FileWriter::Done done) {
    std::shared_ptr<Composer> composer(
        new Composer(loop, container, std::move(parts), path, std::move(done)));
    composer->threads_.emplace_back([self = composer.get()] { self->look(); });
    return composer;
}

Composer::~Composer() {
    stop();
}

void Composer::stop() {
    stop_ = true;
    if (writer_)
        writer_->release();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
    writer_ = nullptr;
}

void Composer::look() {
    auto sources = list_sources();
    loop_.post([weak = weak_from_this(), sources = std::move(sources)] {
        if (auto self = weak.lock())
            self->write(sources);
    });
}

Result<std::vector<Composer::Source>> Composer::list_sources() {
    std::vector<Source> sources;
    std::string trouble;
    for (const auto& part : parts_) {
        auto streams = PartReader::list(part.path, stop_);
        if (!streams) {
            trouble = streams.error().message;
            continue;
        }
        for (const auto& stream : *streams) {
            const auto* codec = stream.caps ? find_codec_for_caps(stream.caps.get()) : nullptr;
            auto fit = codec ? find_fit(container_, *codec, stream.caps.get()) : std::nullopt;
            if (!fit)
                return Error{part.path + " has a track that " + container_.name + " can't take"};
            sources.push_back({part, stream.name, {*fit, stream.caps}});
        }
    }
    if (sources.empty())
        return Error{trouble};
    // Players take the first track of a kind for the main one, and expect the picture first.
    std::stable_sort(sources.begin(), sources.end(), [](const auto& one, const auto& other) {
        return one.track.fit.codec->kind == Kind::video &&
               other.track.fit.codec->kind == Kind::audio;
    });
    return sources;
}

void Composer::write(const Result<std::vector<Source>>& sources) {
    if (stop_)
        return;
    if (!sources)
        return finish({sources.error().message});
    if (auto want = want_of_space(); !want.empty())
        return finish({want, false, true});
    std::vector<FileWriter::Track> tracks;
    for (const auto& source : *sources)
        tracks.push_back(source.track);
    auto done = [weak = weak_from_this()](const FileWriter::Outcome& outcome) {
        if (auto self = weak.lock())
            self->finish(outcome);
    };
    auto writer = FileWriter::open(loop_, container_, path_, tracks, done);
    if (!writer)
        return finish({writer.error().message});
    writer_ = *writer;
    for (size_t i = 0; i < sources->size(); i++)
        threads_.emplace_back([this, i, source = (*sources)[i]] { copy(i, source); });
}

// "" where there is room for the whole beside its parts. The last room is left to what is recorded.
std::string Composer::want_of_space() const {
    guint64 bytes = 0;
    for (const auto& part : parts_) {
        GStatBuf status;
        if (g_stat(part.path.c_str(), &status) == 0)
            bytes += guint64(status.st_size);
    }
    auto free = free_space_at(path_);
    if (!free || *free >= bytes)
        return "";
    Owned<char> has{g_format_size(*free)};
    Owned<char> wants{g_format_size(bytes)};
    return std::string("only ") + has.get() + " are free at " + path_ + ", and it takes " +
           wants.get();
}

void Composer::copy(size_t track, const Source& source) {
    copy_samples(track, source);
    if (!stop_)
        writer_->end_track(track);
}

void Composer::copy_samples(size_t track, const Source& source) {
    auto reader = PartReader::open(source.part.path, source.stream);
    if (!reader)
        return;
    // Matroska keeps no decoding times, and takes none; MP4 is built on them.
    bool wants_dts =
        source.track.fit.codec->kind == Kind::video && !takes_parts_as_they_are(container_);
    Stamped stamped(**reader, source.part.offset, wants_dts, stop_);
    auto caps = source.track.caps;
    Ref<GstBuffer> buffer;
    while (auto sample = stamped.next(buffer)) {
        auto* now = gst_sample_get_caps(sample.get());
        if (now && !gst_caps_is_equal(now, caps.get())) {
            caps = retain(now);
            writer_->set_caps(track, now);
        }
        if (!writer_->push(track, std::move(buffer)))
            return;
    }
}

void Composer::finish(const FileWriter::Outcome& outcome) {
    auto keep = shared_from_this();
    stop();
    if (auto done = std::exchange(done_, nullptr))
        done(outcome);
}

} // namespace rtc
