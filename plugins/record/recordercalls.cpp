// The part of Recorder that knows which call a stream belongs to, and when a call is over.
#include "plugins/record/recorder.hpp"

#include "plugins/record/filename.hpp"
#include "plugins/record/recordingtrack.hpp"

#include <algorithm>

namespace rtc {
namespace {

// "s1/audio_0" → "audio_0".
std::string track_name(const std::string& stream_id) {
    return stream_id.substr(stream_id.rfind('/') + 1);
}

constexpr gint64 every_pad = G_MININT64; // the group of them all, with single-call

// Who doesn't tell is taken for live.
bool is_live(GstPad* pad) {
    auto query = adopt(gst_query_new_latency());
    if (!gst_pad_peer_query(pad, query.get()))
        return true;
    gboolean live = TRUE;
    gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
    return live;
}

// Pads that a live source makes as peers come: their EOS is a hang-up. A demuxer's pads, or those
// that were there from the start, end with the media itself.
bool comes_and_goes(GstPad* pad) {
    auto peer = adopt(gst_pad_get_peer(pad));
    if (!peer)
        return true;
    auto pad_template = adopt(gst_pad_get_pad_template(peer.get()));
    if (pad_template && GST_PAD_TEMPLATE_PRESENCE(pad_template.get()) != GST_PAD_SOMETIMES)
        return false;
    return is_live(pad);
}

} // namespace

// By what is installed now.
static Result<TranscodeProfile> profile_of(const RecordSettings& settings) {
    auto profile = parse_transcode_profile(settings.transcode_profile);
    if (!profile || Transcode(settings.transcode) == Transcode::never)
        return profile;
    const auto* container = find_container(path_ending(settings.location));
    return complete_profile(*profile, container ? *container : matroska, has_encoder);
}

Result<void> check_settings(const RecordSettings& settings) {
    if (auto checked = check_name_template(settings.location); !checked)
        return Error{"location: " + checked.error().message};
    auto ending = path_ending(settings.location);
    if (!ending.empty() && ending != "{ext}" && !find_container(ending))
        return Error{"location ends in ." + ending + "; known are .mkv, .webm and .mp4"};
    if (auto profile = profile_of(settings); !profile)
        return Error{"transcode-profile: " + profile.error().message};
    if (auto mode = parse_file_mode(settings.file_mode); !mode)
        return mode.error();
    if (!settings.manifest && !settings.on_finished_command.empty())
        return Error{"on-finished-command needs manifest=true: it is given the manifest"};
    if (!settings.manifest && (settings.retention_age > 0 || settings.retention_size > 0))
        return Error{
            "retention-age and retention-size need manifest=true: only recordings that have "
            "a manifest are deleted"};
    return {};
}

namespace {

RecordingOptions options_of(const RecordSettings& settings) {
    using std::chrono::milliseconds;
    RecordingOptions options;
    options.location = settings.location;
    options.fall_back = settings.fallback == 0;
    options.transcode = Transcode(settings.transcode);
    if (auto profile = profile_of(settings))
        options.profile = *profile;
    options.loss_policy = LossPolicy(settings.loss_policy);
    options.track_timeout = milliseconds(settings.track_timeout);
    options.stall_timeout = milliseconds(settings.stall_timeout);
    options.finalize_timeout = milliseconds(settings.finalize_timeout);
    options.segment_duration = milliseconds(settings.segment_duration);
    options.segment_size = settings.segment_size;
    if (auto mode = parse_file_mode(settings.file_mode))
        options.file_mode = *mode;
    options.max_duration = milliseconds(settings.max_duration);
    options.max_size = settings.max_size;
    options.min_free_space = settings.min_free_space;
    options.manifest = settings.manifest;
    options.checksum = settings.checksum;
    return options;
}

} // namespace

void Recorder::start_stream(Input& input, GstEvent* event) {
    const char* stream_id = nullptr;
    guint group_id = GST_GROUP_ID_INVALID;
    gst_event_parse_stream_start(event, &stream_id);
    bool grouped = gst_event_parse_group_id(event, &group_id);
    std::string id = stream_id ? stream_id : "";
    {
        std::lock_guard lock(mutex_);
        if (input.recording && input.stream_id == id && grouped && input.stream_group == group_id)
            return;
    }
    end_input(input);
    bool transient = comes_and_goes(input.pad);
    input.live = is_live(input.pad);
    std::lock_guard lock(mutex_);
    input.comes_and_goes = transient;
    input.stream_id = id;
    input.names = {};
    input.caps.reset();
    input.end_reason.clear();
    input.ended = false;
    input.stream_group = grouped ? gint64(group_id) : --ungrouped_;
    if (a_file_a_track())
        input.group = --ungrouped_;
    else if (settings_.single_call)
        input.group = every_pad;
    else
        input.group = input.stream_group;
}

void Recorder::set_caps(Input& input, GstEvent* event) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    input.caps = retain(caps);
    std::unique_lock lock(mutex_);
    auto recording = input.recording;
    auto track = input.track;
    lock.unlock();
    if (recording)
        recording->set_caps(*track, caps);
}

void Recorder::set_names(Input& input, const CallTags& names) {
    if (names.session.empty() && names.peer.empty() && names.room.empty())
        return;
    std::unique_lock lock(mutex_);
    input.names = names;
    auto recording = input.recording;
    lock.unlock();
    if (recording)
        recording->set_names(names);
}

void Recorder::note_clock(Input& input, const SenderClockNews& news) {
    std::unique_lock lock(mutex_);
    auto recording = input.recording;
    auto track = input.track;
    lock.unlock();
    if (recording)
        recording->note_clock(*track, news);
}

bool Recorder::a_file_a_track() const {
    return has_placeholder(settings_.location, "track");
}

// With group=room a session's pads go over to the room, once it is known which that is.
void Recorder::enter_room(Input& input) {
    if (settings_.group != int(RecordGroup::room) || input.names.room.empty() ||
        settings_.single_call || a_file_a_track())
        return;
    auto& room = rooms_.try_emplace(input.names.room, ungrouped_ - 1).first->second;
    ungrouped_ = std::min(ungrouped_, room);
    auto session = *input.group;
    for (const auto& other : inputs_)
        if (other->group == session)
            other->group = room;
}

// The recording that the stream belongs to. It comes into being with its first buffer, when the
// stream's tags have come as well.
Recorder::Joined Recorder::join(Input& input) {
    std::unique_lock lock(mutex_);
    if (input.recording)
        return {input.recording, input.track};
    if (!loop_ || input.ended || !input.group || !input.caps)
        return {};
    enter_room(input);
    if (spent_.contains(*input.group))
        return {};
    // A second round where the call that is known has just ended.
    for (int round = 0; round < 2; round++) {
        auto& call = calls_[*input.group];
        if (!call)
            call = take_waiting(input);
        if (!call) {
            auto options = options_of(settings_);
            if (a_file_a_track())
                options.track = track_name(input.stream_id);
            call = Recording::create(*loop_, std::move(options), weak_from_this());
            recordings_.push_back(call);
        }
        auto recording = call;
        if (auto track =
                recording->add_track(input.kind, input.stream_id, owner(input), input.live)) {
            input.recording = recording;
            input.track = track;
            lock.unlock(); // an encoder may have to be made ready
            recording->set_names(input.names);
            recording->set_caps(*track, input.caps.get());
            return {recording, track};
        }
        if (recording->is_limited())
            return {};
        call = nullptr;
    }
    return {};
}

// The call's other pads decide whether its recording ends as well. Its tracks have ended before
// anybody can come back to it: who comes takes their places.
void Recorder::end_input(Input& input) {
    std::unique_lock lock(mutex_);
    input.ended = true;
    auto recording = std::exchange(input.recording, nullptr);
    auto track = std::exchange(input.track, nullptr);
    if (recording) {
        input.leaving = true;
        lock.unlock();
        recording->end_track(*track);
        lock.lock();
        input.leaving = false;
    }
    std::shared_ptr<Recording> over;
    auto reason = input.end_reason.empty() ? "ended" : input.end_reason;
    if (input.group && call_is_over(*input.group)) {
        spent_.erase(*input.group);
        if (auto call = calls_.find(*input.group); call != calls_.end()) {
            if (may_come_back(input, reason))
                waiting_[who(input)] = {call->second, reason, g_get_monotonic_time() + grace_us()};
            else
                over = call->second;
            std::erase_if(rooms_, [&](const auto& room) { return room.second == *input.group; });
            calls_.erase(call);
        }
    }
    lock.unlock();
    if (over)
        over->finish(reason);
}

std::string Recorder::who(const Input& input) const {
    auto name =
        input.names.resume.empty() ? "peer " + input.names.peer : "resume " + input.names.resume;
    return a_file_a_track() ? name + " " + to_string(input.kind) : name;
}

// In a room, nobody's pictures go on in the place of somebody else's.
std::string Recorder::owner(const Input& input) const {
    bool named = !input.names.peer.empty() || !input.names.resume.empty();
    if (settings_.group != int(RecordGroup::room))
        return "";
    return named ? who(input) : "session " + input.names.session;
}

gint64 Recorder::grace_us() const {
    return gint64(settings_.reconnect_timeout) * 1000;
}

// Only who has a name is known again.
bool Recorder::may_come_back(const Input& input, const std::string& reason) const {
    bool named = !input.names.peer.empty() || !input.names.resume.empty();
    return named && settings_.reconnect_timeout > 0 && !draining_ && loop_ && reason != "shutdown";
}

std::shared_ptr<Recording> Recorder::take_waiting(const Input& input) {
    auto waiting = waiting_.find(who(input));
    if (waiting == waiting_.end())
        return nullptr;
    auto recording = waiting->second.recording;
    waiting_.erase(waiting);
    recording->come_back();
    return recording;
}

// On the loop, now and then.
void Recorder::give_up_waiting() {
    std::vector<Waiting> gone;
    {
        std::lock_guard lock(mutex_);
        std::erase_if(waiting_, [&](const auto& entry) {
            if (g_get_monotonic_time() < entry.second.until)
                return false;
            gone.push_back(entry.second);
            return true;
        });
    }
    for (const auto& call : gone)
        call.recording->finish(call.reason);
}

bool Recorder::call_is_over(gint64 group) const {
    return std::none_of(inputs_.begin(), inputs_.end(), [&](const auto& input) {
        return (!input->ended || input->leaving) &&
               (input->group == group || (group == every_pad && gst_pad_is_linked(input->pad)));
    });
}

void Recorder::unlinked(Input& input) {
    end_input(input);
    {
        std::lock_guard lock(mutex_);
        input.comes_and_goes = true;
    }
    check_end();
}

} // namespace rtc
