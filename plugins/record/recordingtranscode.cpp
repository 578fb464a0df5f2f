// The part of Recording that has tracks encoded anew. What comes gets its place on the recording's
// timeline before it is decoded, so pauses and losses are those of what came; what the encoder
// gives is written as if it had come so.
#include "plugins/record/filename.hpp"
#include "plugins/record/recording.hpp"

#include <algorithm>

namespace rtc {

namespace {

// Of what comes, not of an encoder or decoder, before it is left as it is.
constexpr guint most_faults = 3;

// nullptr while nothing has been decoded.
Ref<GstCaps> form_of(const RecordingTrack::Encoding& encoding) {
    if (encoding.form || encoding.transcoders.empty())
        return encoding.form;
    return encoding.transcoders.back()->form();
}

} // namespace

const Container& Recording::wanted_container() const {
    const auto* container = find_container(path_ending(options_.location));
    return container ? *container : matroska;
}

// A track that was encoded anew once stays so: its file has one codec.
bool Recording::takes_to_transcoding(const RecordingTrack& track, const Codec& codec,
                                     const GstCaps* caps) const {
    if (track.as_it_comes)
        return false;
    return track.encoding ||
           is_to_be_transcoded(options_.transcode, wanted_container(), codec, caps);
}

// "", or why it can't be done.
std::string Recording::transcode(RecordingTrack& track, const Codec& codec, const GstCaps* caps) {
    if (!track.encoding) {
        track.encoding = std::make_unique<RecordingTrack::Encoding>();
        track.encoding->to = options_.profile.of(track.kind).codec;
        track.encoding->form = form_of_forerunner(track);
    }
    auto& encoding = *track.encoding;
    bool goes_on = encoding.from == &codec && !encoding.transcoders.empty();
    encoding.from = track.summary.from = &codec;
    encoding.caps = retain(const_cast<GstCaps*>(caps));
    if (goes_on) {
        encoding.transcoders.back()->set_caps(caps);
        return "";
    }
    encoding.gate.ready = false;
    return add_transcoder(track);
}

// Who comes back goes on at the size that the file has.
Ref<GstCaps> Recording::form_of_forerunner(const RecordingTrack& track) const {
    for (const auto& other : tracks_)
        if (other->encoding && other->kind == track.kind && other->owner == track.owner &&
            (other->ended || other->encoding->ending))
            return form_of(*other->encoding);
    return nullptr;
}

std::string Recording::add_transcoder(RecordingTrack& track) {
    auto& encoding = *track.encoding;
    encoding.form = form_of(encoding);
    Transcoder::Plan plan;
    plan.from = encoding.from;
    plan.caps = encoding.caps;
    plan.to = encoding.to;
    plan.bitrate = options_.profile.of(track.kind).bitrate;
    plan.form = encoding.form;
    plan.unwanted = encoding.unwanted;
    plan.live = track.live;
    Transcoder::Callbacks callbacks;
    callbacks.output = [weak = weak_from_this(), &track](const auto& segment, const auto* caps,
                                                         Ref<GstBuffer> buffer) {
        auto self = weak.lock();
        return !self || self->push_encoded(track, segment, caps, std::move(buffer));
    };
    callbacks.done = [weak = weak_from_this(), &track](const auto& transcoder,
                                                       const auto& failure) {
        if (auto self = weak.lock())
            self->transcoder_done(track, transcoder, failure);
    };
    auto transcoder = Transcoder::prepare(loop_, std::move(plan), std::move(callbacks));
    if (!transcoder)
        return transcoder.error().message;
    encoding.transcoders.push_back(*transcoder);
    start_transcoders();
    return "";
}

// Each track's first one, once the track whose place it is to take has ended. On the loop, without
// the mutex, which its output takes.
void Recording::start_transcoders() {
    for (const auto& track : tracks_) {
        if (!track->encoding || track->encoding->transcoders.empty() || waits_for_place(*track))
            continue;
        loop_.post([weak = std::weak_ptr(track->encoding->transcoders.front())] {
            if (auto self = weak.lock())
                self->go();
        });
    }
}

// Tracks stand in the order in which they came, so that no two wait for each other.
bool Recording::waits_for_place(const RecordingTrack& track) const {
    for (const auto& other : tracks_) {
        if (other.get() == &track)
            return false;
        if (other->kind == track.kind && other->owner == track.owner && other->encoding &&
            other->encoding->ending && !other->encoding->transcoders.empty())
            return true;
    }
    return false;
}

// Returns false when a keyframe is needed of the source.
bool Recording::push_source(Lock& lock, RecordingTrack& track, const GstSegment& segment,
                            Ref<GstBuffer> buffer) {
    auto& encoding = *track.encoding;
    if (encoding.transcoders.empty())
        return true;
    if (encoding.crowded && !is_keyframe(track.kind, buffer.get())) {
        track.summary.before_encoder++;
        return false;
    }
    encoding.crowded = false;
    if (!admit(track, encoding.gate, buffer.get())) {
        encoding.lost = true;
        return false;
    }
    if (resume_at_)
        if (auto stamp = Timeline().place(segment, buffer.get(), shift_))
            close_pause(*stamp);
    auto stamp = encoding.timeline.place(segment, buffer.get(), shift_);
    if (!stamp)
        return true;
    complete_duration(*encoding.from, *stamp, buffer.get());
    encoding.end = std::max(encoding.end, stamp->end());
    track.last_activity = g_get_monotonic_time();
    bool marked = GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
    bool lost = std::exchange(encoding.lost, false) || marked;
    auto transcoder = encoding.transcoders.back();
    lock.unlock(); // it may wait for room
    if (transcoder->push(*stamp, std::move(buffer), lost))
        return true;
    lock.lock();
    track.summary.before_encoder++;
    if (!track.encoding)
        return true;
    track.encoding->lost = true;
    track.encoding->crowded = track.kind == Kind::video;
    return !track.encoding->crowded;
}

// On a thread of the transcoder. Returns false when a keyframe is wanted of the encoder.
bool Recording::push_encoded(RecordingTrack& track, const GstSegment& segment, const GstCaps* caps,
                             Ref<GstBuffer> buffer) {
    Lock lock(mutex_);
    const auto* codec = find_codec_for_caps(caps);
    if (closing_ || failed_ || !track.encoding || !codec)
        return true;
    for (const auto& transcoder : track.encoding->transcoders)
        track.summary.before_encoder += transcoder->take_thinned();
    if (!track.caps || !gst_caps_is_equal(track.caps.get(), caps))
        take_caps(track, codec, caps);
    if (track.kind == Kind::video && !track.gate.ready && !is_keyframe(track.kind, buffer.get())) {
        track.summary.before_keyframe++;
        return false;
    }
    track.gate = {true, false, true};
    track.encoding->faults = 0;
    auto stamp = track.timeline.place(segment, buffer.get());
    if (!stamp)
        return true;
    complete_duration(*codec, *stamp, buffer.get());
    return write(lock, track, *stamp, std::move(buffer));
}

// On the loop: all has come out of it, or it has failed.
void Recording::transcoder_done(RecordingTrack& track, const Transcoder& transcoder,
                                const Transcoder::Failure& failure) {
    Lock lock(mutex_);
    if (!track.encoding)
        return;
    auto& transcoders = track.encoding->transcoders;
    auto place = std::find_if(transcoders.begin(), transcoders.end(),
                              [&](const auto& other) { return other.get() == &transcoder; });
    if (place == transcoders.end())
        return;
    auto gone = *place;
    bool took_what_comes = place + 1 == transcoders.end() && !track.encoding->ending && !over_;
    if (!track.encoding->form)
        track.encoding->form = gone->form();
    track.summary.before_encoder += gone->take_thinned();
    transcoders.erase(place);
    std::string trouble;
    if (!failure.error.empty())
        trouble = took_what_comes ? replace_transcoder(track, failure)
                                  : "what was still to be encoded is missing: " + failure.error;
    if (track.encoding && track.encoding->ending && track.encoding->transcoders.empty()) {
        track.ended = true;
        if (collecting_ && all_ready())
            post_begin();
    }
    start_transcoders();
    bool drained = over_ && !is_encoding();
    lock.unlock();
    if (!trouble.empty())
        tell_trouble(trouble);
    if (drained)
        close_files();
}

// By other elements, where one of these has failed, or by the same, where what came was broken;
// else the track goes on as it comes. Gives what to tell.
std::string Recording::replace_transcoder(RecordingTrack& track,
                                          const Transcoder::Failure& failure) {
    auto& encoding = *track.encoding;
    encoding.gate.ready = false;
    encoding.lost = true;
    bool known = !failure.culprit.empty();
    if (known)
        encoding.unwanted.insert(failure.culprit);
    else
        track.rest.begin(g_get_monotonic_time());
    if (!known && ++encoding.faults > most_faults)
        return go_on_as_it_comes(track, failure.error);
    auto why_not = add_transcoder(track);
    if (why_not.empty())
        return failure.error +
               (known ? "; another element goes on" : "; it goes on with the next keyframe");
    return go_on_as_it_comes(track, failure.error + "; " + why_not);
}

std::string Recording::go_on_as_it_comes(RecordingTrack& track, const std::string& why) {
    auto encoding = std::exchange(track.encoding, nullptr);
    auto text = std::string(encoding->from->name) + " can't be made " + encoding->to->name + " (" +
                why + "), so it is recorded as it comes";
    track.as_it_comes = true;
    track.summary.from = nullptr;
    track.gate = {};
    track.timeline.advance(encoding->end);
    take_caps(track, encoding->from, encoding->caps.get());
    return text;
}

bool Recording::is_encoding() const {
    return std::any_of(tracks_.begin(), tracks_.end(), [](const auto& track) {
        return track->encoding && !track->encoding->transcoders.empty();
    });
}

// What is in them comes out. Returns false where there is nothing to wait for.
bool Recording::end_transcoders() {
    for (const auto& track : tracks_)
        if (track->encoding)
            for (const auto& transcoder : track->encoding->transcoders)
                transcoder->end();
    return is_encoding();
}

// On the loop.
void Recording::abandon_transcoders() {
    Lock lock(mutex_);
    std::vector<std::shared_ptr<Transcoder>> all;
    for (const auto& track : tracks_)
        if (track->encoding)
            all.insert(all.end(), track->encoding->transcoders.begin(),
                       track->encoding->transcoders.end());
    lock.unlock();
    for (const auto& transcoder : all)
        transcoder->abort("there was no time");
}

} // namespace rtc
