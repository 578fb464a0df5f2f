// Two ends in one process, over a signaling double: rtcsink and rtcsrc negotiate, media flows over
// real ICE, DTLS and SRTP, and everything is gone afterwards.
#include "tests/support/signalingdouble.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <set>

using namespace rtc;
using test::Sent;

namespace {

constexpr auto patience = std::chrono::seconds(30);

// Sanitizers keep freed memory, and are slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// A pipeline with its messages, and the means to wait for one.
class Pipeline {
public:
    explicit Pipeline(const char* text) {
        GError* error = nullptr;
        pipeline_ = sink(gst_parse_launch(text, &error));
        g_assert_no_error(error);
        if (!GST_IS_PIPELINE(pipeline_.get())) { // one element alone
            auto element = std::exchange(pipeline_, sink(gst_pipeline_new(nullptr)));
            gst_bin_add(GST_BIN(pipeline_.get()), element.get());
        }
        auto bus = adopt(gst_element_get_bus(pipeline_.get()));
        gst_bus_set_sync_handler(
            bus.get(),
            [](GstBus*, GstMessage* message, gpointer self) -> GstBusSyncReply {
                static_cast<Pipeline*>(self)->on_message(message);
                gst_message_unref(message);
                return GST_BUS_DROP;
            },
            this, nullptr);
    }
    ~Pipeline() { stop(); }

    void play() {
        g_assert_cmpint(gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING), !=,
                        GST_STATE_CHANGE_FAILURE);
    }
    void stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    GstBin* bin() const { return GST_BIN(pipeline_.get()); }
    Ref<GstElement> element(const char* name) const {
        return adopt(gst_bin_get_by_name(bin(), name));
    }

    // The first message of this name about this session, now or later.
    std::map<std::string, std::string> wait_for(const std::string& name,
                                                const std::string& session) {
        std::unique_lock lock(mutex_);
        std::map<std::string, std::string> found;
        auto ready = [&] {
            for (const auto& message : messages_)
                if (message.at("name") == name && message.at("session") == session)
                    found = message;
            return !found.empty();
        };
        if (!changed_.wait_for(lock, patience, ready))
            g_error("no %s about %s", name.c_str(), session.c_str());
        return found;
    }
    bool has(const std::string& name) {
        std::lock_guard lock(mutex_);
        for (const auto& message : messages_)
            if (message.at("name") == name)
                return true;
        return false;
    }
    std::string error() {
        std::lock_guard lock(mutex_);
        return error_;
    }
    void wait_for_eos() {
        std::unique_lock lock(mutex_);
        g_assert_true(changed_.wait_for(lock, patience, [this] { return eos_; }));
    }

private:
    void on_message(GstMessage* message) {
        std::lock_guard lock(mutex_);
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
            eos_ = true;
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            GError* error = nullptr;
            gst_message_parse_error(message, &error, nullptr);
            error_ = error->message;
            g_error_free(error);
        }
        const auto* structure = gst_message_get_structure(message);
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT &&
            gst_structure_has_field(structure, "session")) {
            std::map<std::string, std::string> fields{{"name", gst_structure_get_name(structure)}};
            for (const char* field : {"session", "peer", "reason", "text"})
                if (const char* value = gst_structure_get_string(structure, field))
                    fields[field] = value;
            messages_.push_back(std::move(fields));
        }
        changed_.notify_all();
    }

    Ref<GstElement> pipeline_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::map<std::string, std::string>> messages_;
    std::string error_;
    bool eos_ = false;
};

// What arrives on the pads of an rtcsrc. Each pad gets a sink of its own.
class Arrivals {
public:
    struct Pad {
        std::string caps;
        guint buffers = 0;
        bool eos = false;
        bool starts_with_keyframe = false;
        guint group_id = 0;
        std::string stream_id;
    };

    Arrivals(Pipeline& pipeline, GstElement* source, const char* filter = nullptr)
        : pipeline_(pipeline)
        , filter_(filter ? filter : "") {
        g_signal_connect(source, "pad-added",
                         G_CALLBACK(+[](GstElement*, GstPad* pad, Arrivals* self) {
                             self->added(pad);
                         }),
                         this);
        g_signal_connect(source, "pad-removed",
                         G_CALLBACK(+[](GstElement*, GstPad* pad, Arrivals* self) {
                             self->removed(pad);
                         }),
                         this);
    }

    ~Arrivals() { pipeline_.stop(); } // its threads call us

    // Waits until the pads are as the function wants them.
    void wait(const std::function<bool(const std::map<std::string, Pad>&)>& satisfied) {
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, patience, [&] { return satisfied(pads_); }))
            return;
        for (const auto& [name, pad] : pads_)
            g_printerr("%s: %s, %u buffers, eos %d\n", name.c_str(), pad.caps.c_str(), pad.buffers,
                       pad.eos);
        g_error("the pads did not become what was waited for");
    }
    std::map<std::string, Pad> pads() {
        std::lock_guard lock(mutex_);
        return pads_;
    }
    guint removed_count() {
        std::lock_guard lock(mutex_);
        return removed_;
    }
    void wait_removed(guint count) {
        std::unique_lock lock(mutex_);
        g_assert_true(changed_.wait_for(lock, patience, [&] { return removed_ >= count; }));
    }

private:
    void added(GstPad* pad) {
        auto* fakesink = gst_element_factory_make("fakesink", nullptr);
        g_object_set(fakesink, "async", FALSE, "sync", FALSE, nullptr);
        gst_bin_add(pipeline_.bin(), fakesink);
        gst_element_sync_state_with_parent(fakesink);
        auto sink_pad = adopt(gst_element_get_static_pad(fakesink, "sink"));
        gst_pad_add_probe(
            sink_pad.get(),
            GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
            [](GstPad* probed, GstPadProbeInfo* info, gpointer self) {
                static_cast<Arrivals*>(self)->data(probed, info);
                return GST_PAD_PROBE_OK;
            },
            this, nullptr);
        {
            std::lock_guard lock(mutex_);
            names_[sink_pad.get()] = GST_OBJECT_NAME(pad);
            pads_[GST_OBJECT_NAME(pad)];
        }
        if (filter_.empty()) {
            g_assert_cmpint(gst_pad_link(pad, sink_pad.get()), ==, GST_PAD_LINK_OK);
        } else {
            auto caps = adopt(gst_caps_from_string(filter_.c_str()));
            auto* filter = gst_element_factory_make("capsfilter", nullptr);
            g_object_set(filter, "caps", caps.get(), nullptr);
            gst_bin_add(pipeline_.bin(), filter);
            g_assert_true(gst_element_link(filter, fakesink));
            gst_element_sync_state_with_parent(filter);
            auto filter_pad = adopt(gst_element_get_static_pad(filter, "sink"));
            gst_pad_link(pad, filter_pad.get());
        }
    }
    void removed(GstPad*) {
        std::lock_guard lock(mutex_);
        removed_++;
        changed_.notify_all();
    }
    void data(GstPad* sink_pad, GstPadProbeInfo* info) {
        std::lock_guard lock(mutex_);
        auto& pad = pads_[names_[sink_pad]];
        if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
            auto* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
            if (pad.buffers++ == 0)
                pad.starts_with_keyframe =
                    !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        } else {
            event(pad, GST_PAD_PROBE_INFO_EVENT(info));
        }
        changed_.notify_all();
    }
    void event(Pad& pad, GstEvent* event) {
        if (GST_EVENT_TYPE(event) == GST_EVENT_EOS)
            pad.eos = true;
        if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) {
            const char* id = nullptr;
            gst_event_parse_stream_start(event, &id);
            gst_event_parse_group_id(event, &pad.group_id);
            pad.stream_id = id;
        }
        if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
            GstCaps* caps = nullptr;
            gst_event_parse_caps(event, &caps);
            pad.caps = gst_structure_get_name(gst_caps_get_structure(caps, 0));
        }
    }

    Pipeline& pipeline_;
    std::string filter_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<GstPad*, std::string> names_;
    std::map<std::string, Pad> pads_;
    guint removed_ = 0;
};

constexpr char default_sender[] =
    "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! rtcsink "
    "name=sink audiotestsrc is-live=true ! sink.";

// An rtcsink and an rtcsrc whose signaling is joined.
struct Ends {
    Pipeline sender;
    Pipeline receiver;
    Ref<GstElement> sink_element, src_element;
    Ref<GstRtcSignaling> sink_signaling, src_signaling;

    explicit Ends(const char* sender_text = default_sender, bool trickle = false)
        : sender(sender_text)
        , receiver("rtcsrc name=src")
        , sink_element(sender.element("sink"))
        , src_element(receiver.element("src")) {
        sink_signaling = attach(sink_element.get(), trickle);
        src_signaling = attach(src_element.get(), trickle);
        test::pair(sink_signaling.get(), src_signaling.get());
    }
    void play() {
        sender.play();
        receiver.play();
        wait_live(sink_signaling.get());
    }
    static Ref<GstRtcSignaling> attach(GstElement* host, bool trickle) {
        auto signaling = retain(test::make_signaling_double());
        gst_rtc_signaling_set_trickle(signaling.get(), trickle);
        g_object_set(host, "signaling", signaling.get(), nullptr);
        return signaling;
    }
    // A publisher can serve once its input's caps are known.
    static void wait_live(GstRtcSignaling* signaling) {
        test::wait_for_sent(signaling, [&](const Sent& what) {
            return what.kind == Sent::host_changed && gst_rtc_signaling_get_live(signaling);
        });
    }
};

bool both_flow(const std::map<std::string, Arrivals::Pad>& pads) {
    bool video = false, audio = false;
    for (const auto& [name, pad] : pads) {
        video = video || (name.starts_with("video") && pad.buffers > 10);
        audio = audio || (name.starts_with("audio") && pad.buffers > 10);
    }
    return video && audio;
}

bool all_ended(const std::map<std::string, Arrivals::Pad>& pads) {
    for (const auto& [name, pad] : pads)
        if (!pad.eos)
            return false;
    return !pads.empty();
}

void check_media(Ends& ends, Arrivals& arrivals, const char* session) {
    arrivals.wait(both_flow);
    ends.sender.wait_for("rtc-session-started", session);
    ends.receiver.wait_for("rtc-session-started", session);
    std::set<guint> groups;
    for (const auto& [name, pad] : arrivals.pads()) {
        g_assert_true(pad.starts_with_keyframe);
        g_assert_true(pad.stream_id.starts_with(std::string(session) + "/"));
        groups.insert(pad.group_id);
    }
    g_assert_cmpuint(groups.size(), ==, 1);
    g_assert_cmpuint(*groups.begin(), !=, 0);
}

void publisher_offers() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.sink_signaling.get(), "one",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "one");
    for (const auto& [name, pad] : arrivals.pads())
        g_assert_cmpstr(pad.caps.c_str(), ==,
                        name.starts_with("video") ? "video/x-vp8" : "audio/x-opus");

    // The publisher hangs up: both are told once, every pad ends and goes.
    gst_rtc_signaling_close_session(ends.sink_signaling.get(), "one", GST_RTC_END_REASON_HANGUP,
                                    "enough");
    gst_rtc_signaling_close_session(ends.src_signaling.get(), "one", GST_RTC_END_REASON_HANGUP,
                                    "enough");
    auto ended = ends.receiver.wait_for("rtc-session-ended", "one");
    g_assert_cmpstr(ended.at("reason").c_str(), ==, "hangup");
    arrivals.wait(all_ended);
    arrivals.wait_removed(2);
    g_assert_false(std::ranges::any_of(test::sent(ends.src_signaling.get()), [](const Sent& what) {
        return what.kind == Sent::end;
    }));
}

void receiver_offers() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.src_signaling.get(), "two",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
    check_media(ends, arrivals, "two");
}

void trickles() {
    Ends ends(default_sender, true);
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.src_signaling.get(), "three",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
    check_media(ends, arrivals, "three");
    auto offer = test::wait_for_sent(ends.src_signaling.get(),
                                     [](const Sent& w) { return w.kind == Sent::description; });
    g_assert_null(strstr(offer.text.c_str(), "a=candidate"));
    test::wait_for_sent(ends.src_signaling.get(), [](const Sent& what) {
        return what.kind == Sent::candidate && what.text.starts_with("candidate:");
    });
}

void carries_h264_and_mono_pcmu() {
    Ends ends("videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! "
              "x264enc tune=zerolatency key-int-max=30 ! rtcsink name=sink "
              "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! sink.");
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.sink_signaling.get(), "four",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "four");
    for (const auto& [name, pad] : arrivals.pads())
        g_assert_cmpstr(pad.caps.c_str(), ==,
                        name.starts_with("video") ? "video/x-h264" : "audio/x-mulaw");
}

void gives_what_downstream_asks_for() {
    for (const char* wanted : {"video/x-raw", "application/x-rtp"}) {
        Ends ends("videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! "
                  "rtcsink name=sink");
        Arrivals arrivals(ends.receiver, ends.src_element.get(), wanted);
        ends.play();
        test::start_session(ends.sink_signaling.get(), "five",
                            GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
        arrivals.wait([](const auto& pads) {
            return pads.contains("video_0") && pads.at("video_0").buffers > 10;
        });
        auto caps = arrivals.pads().at("video_0").caps;
        g_assert_cmpstr(caps.c_str(), ==, wanted);
    }
}

void refuses_a_false_fingerprint() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    // The last byte of the publisher's fingerprint, in every section.
    test::set_tamper(ends.sink_signaling.get(), [](std::string sdp) {
        for (size_t at = 0; (at = sdp.find("a=fingerprint:", at)) != sdp.npos;) {
            at = sdp.find("\r\n", at);
            sdp[at - 1] = sdp[at - 1] == '0' ? '1' : '0';
        }
        return sdp;
    });
    ends.play();
    test::start_session(ends.sink_signaling.get(), "six",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    auto ended = ends.receiver.wait_for("rtc-session-ended", "six");
    g_assert_cmpstr(ended.at("reason").c_str(), ==, "security");
    for (const auto& [name, pad] : arrivals.pads())
        g_assert_cmpuint(pad.buffers, ==, 0);
    g_assert_false(ends.receiver.has("rtc-session-started"));
    g_assert_true(ends.receiver.error().empty());
}

void a_silent_peer_stops_nobody() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    g_object_set(ends.sink_element.get(), "description-timeout", 5000, nullptr);
    ends.play();
    // Nobody answers this one.
    gst_rtc_signaling_request_session(ends.sink_signaling.get(), "silent", "nobody",
                                      GST_RTC_OFFERER_HOST,
                                      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, nullptr,
                                      nullptr);
    test::start_session(ends.sink_signaling.get(), "seven",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "seven");
    auto ended = ends.sender.wait_for("rtc-session-ended", "silent");
    g_assert_cmpstr(ended.at("reason").c_str(), ==, "timeout");
    g_assert_nonnull(strstr(ended.at("text").c_str(), "description"));
}

void a_lost_peer_is_noticed() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    g_object_set(ends.src_element.get(), "consent-timeout", 1000, nullptr);
    ends.play();
    test::start_session(ends.sink_signaling.get(), "eight",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "eight");
    // Its signaling is cut first: nobody tells.
    test::unpair(ends.sink_signaling.get());
    ends.sender.stop();
    auto ended = ends.receiver.wait_for("rtc-session-ended", "eight");
    g_assert_true(ended.at("reason") == "lost" || ended.at("reason") == "hangup");
    arrivals.wait(all_ended);
}

void refuses_bad_descriptions() {
    Ends ends;
    ends.play();
    const std::pair<const char*, const char*> cases[] = {
        {"garbage", "this is no SDP"},
        {"empty", ""},
        {"no-media", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"},
    };
    for (const auto& [session, sdp] : cases) {
        gst_rtc_signaling_request_session(ends.src_signaling.get(), session, "",
                                          GST_RTC_OFFERER_PEER,
                                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, nullptr,
                                          nullptr);
        gst_rtc_signaling_receive_description(ends.src_signaling.get(), session,
                                              GST_WEBRTC_SDP_TYPE_OFFER, sdp);
        auto end = test::wait_for_sent(ends.src_signaling.get(), [&, id = session](const Sent& what) {
            return what.kind == Sent::end && what.session == id;
        });
        g_assert_cmpint(end.type, ==, GST_RTC_END_REASON_REJECTED);
        g_assert_cmpstr(end.text.c_str(), !=, "");
    }
    g_assert_true(ends.receiver.error().empty());
}

void limits_sessions() {
    Ends ends;
    g_object_set(ends.src_element.get(), "max-sessions", 1, nullptr);
    ends.play();
    for (const char* session : {"first", "second"})
        gst_rtc_signaling_request_session(ends.src_signaling.get(), session, "",
                                          GST_RTC_OFFERER_PEER,
                                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, nullptr,
                                          nullptr);
    auto end = test::wait_for_sent(ends.src_signaling.get(),
                                   [](const Sent& what) { return what.kind == Sent::end; });
    g_assert_cmpstr(end.session.c_str(), ==, "second");
    g_assert_cmpint(end.type, ==, GST_RTC_END_REASON_BUSY);
}

void ends_with_the_stream() {
    Ends ends;
    Arrivals arrivals(ends.receiver, ends.src_element.get());
    ends.play();
    test::start_session(ends.sink_signaling.get(), "nine",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
    check_media(ends, arrivals, "nine");
    gst_element_send_event(GST_ELEMENT(ends.receiver.bin()), gst_event_new_eos());
    arrivals.wait(all_ended);
    ends.receiver.wait_for_eos();
    // The other end heard of it.
    auto ended = ends.sender.wait_for("rtc-session-ended", "nine");
    g_assert_cmpstr(ended.at("reason").c_str(), ==, "shutdown");
}

guint count_entries(const char* folder) {
    guint count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        (void)entry;
        count++;
    }
    return count;
}

// Kilobytes of memory in use.
guint64 resident() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return g_ascii_strtoull(line.c_str() + 6, nullptr, 10);
    return 0;
}

void describe_leftovers() {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream name(entry.path() / "comm");
        std::string text;
        std::getline(name, text);
        g_test_message("thread %s", text.c_str());
    }
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        g_test_message("descriptor %s",
                       std::filesystem::read_symlink(entry.path(), gone).c_str());
    }
}

// Sessions that end at every stage of their life. The n-th thing that happens ends them.
void churn(Ends& ends, guint first, guint count) {
    std::mt19937 random(first);
    for (guint i = first; i < first + count; i++) {
        auto id = "churn-" + std::to_string(i);
        bool sink_offers = random() % 2;
        test::start_session(
            sink_offers ? ends.sink_signaling.get() : ends.src_signaling.get(), id.c_str(),
            sink_offers ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY
                        : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY);
        auto* offerer = sink_offers ? ends.sink_signaling.get() : ends.src_signaling.get();
        auto* answerer = sink_offers ? ends.src_signaling.get() : ends.sink_signaling.get();
        auto described = [&](const Sent& what) {
            return what.kind == Sent::description && what.session == id;
        };
        switch (random() % 5) {
        case 0: // at once
            break;
        case 1:
            test::wait_for_sent(offerer, described);
            break;
        case 2:
            test::wait_for_sent(answerer, described);
            break;
        case 3:
            ends.sender.wait_for("rtc-session-started", id);
            break;
        case 4:
            ends.receiver.wait_for("rtc-session-started", id);
            break;
        }
        for (auto* signaling : {offerer, answerer})
            gst_rtc_signaling_close_session(signaling, id.c_str(), GST_RTC_END_REASON_HANGUP, "");
        ends.sender.wait_for("rtc-session-ended", id);
        ends.receiver.wait_for("rtc-session-ended", id);
    }
}

void leaves_nothing_behind() {
    guint threads, descriptors;
    guint64 memory;
    // Once for what a process loads and keeps.
    {
        Ends ends;
        Arrivals arrivals(ends.receiver, ends.src_element.get());
        ends.play();
        churn(ends, 1000, 40);
    }
    // Detached threads may be on their last instructions, and GLib keeps idle ones for a while.
    auto settled = [](guint wanted_threads, guint wanted_descriptors) {
        auto deadline = g_get_monotonic_time() + 10 * G_TIME_SPAN_SECOND;
        while (g_get_monotonic_time() < deadline) {
            g_thread_pool_stop_unused_threads();
            if (count_entries("/proc/self/task") <= wanted_threads &&
                count_entries("/proc/self/fd") <= wanted_descriptors)
                return true;
            g_thread_yield();
        }
        return false;
    };
    settled(1, 0);
    threads = count_entries("/proc/self/task");
    descriptors = count_entries("/proc/self/fd");
    memory = resident();
    constexpr guint sessions = sanitized ? 60 : 300;
    {
        Ends ends;
        Arrivals arrivals(ends.receiver, ends.src_element.get());
        ends.play();
        churn(ends, 0, sessions);
    }
    bool clean = settled(threads, descriptors);
    if (!clean)
        describe_leftovers();
    g_test_message("threads %u then %u, descriptors %u then %u, memory %" G_GUINT64_FORMAT
                   " then %" G_GUINT64_FORMAT " kB",
                   threads, count_entries("/proc/self/task"), descriptors,
                   count_entries("/proc/self/fd"), memory, resident());
    g_assert_true(clean);
    // A leaked webrtcbin holds over 100 kB; the allocator's own unevenness is well below.
    if (!sanitized)
        g_assert_cmpuint(resident(), <, memory + sessions * 40);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/sessions/publisher-offers", publisher_offers);
    g_test_add_func("/sessions/receiver-offers", receiver_offers);
    g_test_add_func("/sessions/trickles", trickles);
    g_test_add_func("/sessions/h264-and-pcmu", carries_h264_and_mono_pcmu);
    g_test_add_func("/sessions/output-forms", gives_what_downstream_asks_for);
    g_test_add_func("/sessions/false-fingerprint", refuses_a_false_fingerprint);
    g_test_add_func("/sessions/silent-peer", a_silent_peer_stops_nobody);
    g_test_add_func("/sessions/lost-peer", a_lost_peer_is_noticed);
    g_test_add_func("/sessions/bad-descriptions", refuses_bad_descriptions);
    g_test_add_func("/sessions/limit", limits_sessions);
    g_test_add_func("/sessions/end-of-stream", ends_with_the_stream);
    g_test_add_func("/sessions/nothing-left-behind", leaves_nothing_behind);
    return g_test_run();
}
