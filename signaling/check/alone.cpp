// What can be checked of an element by itself.
#include "signaling/check/alone.hpp"

#include <thread>

namespace rtc::check {
namespace {

constexpr const char* stranger = "no-such-session";
constexpr const char* some_candidate = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

// Every word that a host may say, about a session that there isn't.
void talk_of_a_stranger(Host& host) {
    for (auto type : {GST_WEBRTC_SDP_TYPE_OFFER, GST_WEBRTC_SDP_TYPE_ANSWER})
        host.describe(stranger, type, "v=0\r\n");
    host.candidate(stranger, 0, some_candidate);
    host.candidate(stranger, 7, nullptr);
    host.end(stranger, GST_RTC_END_REASON_HANGUP);
}

size_t entries(const char* folder) {
    size_t count = 0;
    auto* dir = g_dir_open(folder, 0, nullptr);
    while (dir && g_dir_read_name(dir))
        count++;
    if (dir)
        g_dir_close(dir);
    return count;
}

// What a process has: it may go down a little later than the element.
struct Belongings {
    static Belongings now() { return {entries("/proc/self/task"), entries("/proc/self/fd")}; }
    static bool come_down_to(size_t Belongings::*kind, size_t limit) {
        auto deadline = std::chrono::steady_clock::now() + patience;
        while (now().*kind > limit) {
            if (std::chrono::steady_clock::now() > deadline)
                return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return true;
    }
    size_t threads = 0, files = 0;
};

} // namespace

Result<void> describes_itself(const Subject& subject) {
    auto host = Host::make(subject.line, subject.role);
    if (!host)
        return host.error();
    auto* element = GST_ELEMENT((*host)->signaling());
    auto* klass = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
    if (!klass || !strstr(klass, "Signaling"))
        return Error{"its class is not Signaling/Network/WebRTC: people don't find it"};
    for (auto* key : {GST_ELEMENT_METADATA_LONGNAME, GST_ELEMENT_METADATA_DESCRIPTION}) {
        auto* text = gst_element_get_metadata(element, key);
        if (!text || !*text)
            return Error{std::string("it has no ") + key};
    }
    if (element->numpads)
        return Error{"it has pads: a signaling element never sees media"};
    return {};
}

Result<void> keeps_secrets(const Subject& subject) {
    auto host = Host::make(subject.line, subject.role);
    if (!host)
        return host.error();
    guint count = 0;
    auto** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS((*host)->signaling()), &count);
    std::string open;
    for (guint i = 0; i < count; i++) {
        std::string name = specs[i]->name;
        bool secret = name.ends_with("token") || name.ends_with("secret") ||
                      name.ends_with("password") || name.ends_with("pin");
        bool is_switch = specs[i]->value_type == G_TYPE_BOOLEAN; // too short for a secret
        if (secret && !is_switch && specs[i]->flags & G_PARAM_READABLE)
            open += " " + name;
    }
    g_free(specs);
    if (!open.empty())
        return Error{"these properties can be read, so that dumps show them:" + open};
    return {};
}

Result<void> comes_and_goes(const Subject& subject) {
    GWeakRef weak;
    {
        auto host = Host::make(subject.line, subject.role);
        if (!host)
            return host.error();
        g_weak_ref_init(&weak, (*host)->signaling());
    }
    auto left = adopt(static_cast<GstElement*>(g_weak_ref_get(&weak)));
    g_weak_ref_clear(&weak);
    if (left)
        return Error{"something still holds it after it was let go"};
    return {};
}

// Threads and descriptors of the first round may stay: GLib and TLS keep some for the process.
Result<void> starts_and_stops(const Subject& subject) {
    Belongings early;
    for (int round = 0; round < 12; round++) {
        auto host = Host::started(subject.line, subject.role);
        if (!host)
            return host.error();
        (*host)->set_live(true);
        if (auto stopped = (*host)->stop(); !stopped)
            return stopped;
        host->reset();
        if (round == 3)
            early = Belongings::now();
    }
    if (!Belongings::come_down_to(&Belongings::threads, early.threads + 2))
        return Error{"threads are left behind by each start and stop"};
    if (!Belongings::come_down_to(&Belongings::files, early.files + 2))
        return Error{"open files are left behind by each start and stop"};
    return {};
}

Result<void> starts_again(const Subject& subject) {
    auto host = Host::make(subject.line, subject.role);
    if (!host)
        return host.error();
    for (int round = 0; round < 5; round++) {
        if (auto result = (*host)->start(); !result)
            return Error{"start number " + std::to_string(round + 1) +
                         " of the same element: " + result.error().message};
        if (auto result = (*host)->stop(); !result)
            return result;
    }
    return {};
}

// Rule 1: what can't be started says so.
Result<void> takes_each_role_or_says_why(const Subject& subject) {
    for (auto role :
         {GST_RTC_ROLE_NONE, GST_RTC_ROLE_CONSUMER, GST_RTC_ROLE_PRODUCER, GST_RTC_ROLE_BOTH}) {
        auto host = Host::make(subject.line, role);
        if (!host)
            return host.error();
        auto result = (*host)->start(); // a failure without words is a fault of the host's
        if (!result && role == subject.role)
            return result;
        for (const auto& fault : (*host)->faults())
            return Error{fault};
    }
    return {};
}

Result<void> ignores_strangers(const Subject& subject) {
    auto host = Host::make(subject.line, subject.role);
    if (!host)
        return host.error();
    talk_of_a_stranger(**host); // before the start
    if (auto result = (*host)->start(); !result)
        return result;
    talk_of_a_stranger(**host);
    (*host)->set_live(true);
    talk_of_a_stranger(**host);
    if (auto result = (*host)->stop(); !result)
        return result;
    talk_of_a_stranger(**host); // after the end
    if ((*host)->count(Report::closed, stranger))
        return Error{"it closed a session that it never requested"};
    for (const auto& fault : (*host)->faults())
        return Error{fault};
    return {};
}

// Rule 4: the host's loop goes on while the application starts and stops.
Result<void> stands_threads(const Subject& subject) {
    auto host = Host::make(subject.line, subject.role);
    if (!host)
        return host.error();
    std::atomic<bool> over = false;
    std::thread loop([&] {
        for (bool live = true; !over; live = !live) {
            (*host)->set_live(live);
            talk_of_a_stranger(**host);
            g_thread_yield();
        }
    });
    Result<void> result;
    for (int round = 0; round < 5 && result; round++) {
        result = (*host)->start();
        if (auto stopped = (*host)->stop(); result && !stopped)
            result = stopped;
    }
    over = true;
    loop.join();
    if (!result)
        return result;
    for (const auto& fault : (*host)->faults())
        return Error{fault};
    return {};
}

} // namespace rtc::check
