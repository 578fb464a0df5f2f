// Many light viewers in one process: farm --url URL --viewers N --seconds S [--janus STREAM]
//
// --feedback: with transport-wide feedback; --samples: {"event":"sample",…} each second.
// Calls N times, at most `--parallel` calls at once; once every viewer receives, it prints a line
// of JSON {"event":"ready",…}, counts for S seconds, prints {"event":"done",…} and hangs up.
// Whoever runs it reads the sender's CPU at these two lines.
#include "tests/support/farm/calls.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

using namespace rtc::farm;

namespace {

struct Options {
    char* url = nullptr;
    int viewers = 1, seconds = 10, parallel = 8, janus = 0, patience = 60;
    gboolean vp8 = FALSE, feedback = FALSE, samples = FALSE;

    bool parse(int argc, char** argv) {
        const GOptionEntry entries[] = {
            {"url", 0, 0, G_OPTION_ARG_STRING, &url, "WHEP endpoint, or Janus's HTTP interface",
             nullptr},
            {"viewers", 0, 0, G_OPTION_ARG_INT, &viewers, "How many", nullptr},
            {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "How long to count", nullptr},
            {"parallel", 0, 0, G_OPTION_ARG_INT, &parallel, "Calls at a time", nullptr},
            {"janus", 0, 0, G_OPTION_ARG_INT, &janus, "Id of a mount point", nullptr},
            {"patience", 0, 0, G_OPTION_ARG_INT, &patience, "Seconds until all receive", nullptr},
            {"vp8", 0, 0, G_OPTION_ARG_NONE, &vp8, "Take VP8, not H264", nullptr},
            {"feedback", 0, 0, G_OPTION_ARG_NONE, &feedback, "Send transport-wide feedback",
             nullptr},
            {"samples", 0, 0, G_OPTION_ARG_NONE, &samples, "Tell what came each second", nullptr},
            {},
        };
        auto* context = g_option_context_new(nullptr);
        g_option_context_add_main_entries(context, entries, nullptr);
        bool parsed = g_option_context_parse(context, &argc, &argv, nullptr);
        g_option_context_free(context);
        return parsed && url && viewers > 0;
    }
};

// A viewer, its call, and the times of both.
struct Seat {
    Seat(const Certificate& certificate, const Viewer::Wishes& wishes)
        : viewer(certificate, wishes) {}
    Viewer viewer;
    std::unique_ptr<Call> call;
    std::mutex mutex; // the call sets the viewer up on a thread of its own
    bool connected = false;
    gint64 began = 0, received = 0; // µs
    gint64 setup() const { return received - began; }
};

class Farm {
public:
    explicit Farm(const Options& options)
        : options_(options)
        , epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        for (int i = 0; i < options.viewers; i++) {
            Viewer::Wishes wishes{bool(options.vp8), bool(options.feedback)};
            auto& seat = *seats_.emplace_back(std::make_unique<Seat>(certificate_, wishes));
            seat.call = options.janus ? make_janus_call(options.url, options.janus)
                                      : make_whep_call(options.url);
            epoll_event event{EPOLLIN, {.ptr = &seat}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, seat.viewer.socket(), &event);
        }
    }

    int run() {
        std::vector<std::thread> callers;
        for (int i = 0; i < std::min(options_.parallel, options_.viewers); i++)
            callers.emplace_back([this] { call(); });
        bool all = serve(options_.patience, [this] { return all_receive() || failed(); });
        for (auto& caller : callers)
            caller.join();
        if (!all || failed()) {
            std::lock_guard lock(problem_mutex_);
            fprintf(stderr, "%zu of %zu viewers receive; %s\n", receiving(), seats_.size(),
                    problem_.c_str());
            hang_up();
            return 1;
        }
        auto before = counts();
        auto start = g_get_monotonic_time();
        std::thread keeper([this] { keep_alive(); });
        print_ready();
        auto next_sample = start;
        serve(options_.seconds, [&] {
            if (options_.samples && g_get_monotonic_time() >= next_sample) {
                next_sample += G_USEC_PER_SEC;
                print_sample();
            }
            return false;
        });
        print_done(before, double(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
        stopping_ = true;
        keeper.join();
        hang_up();
        return 0;
    }

private:
    void call() {
        for (size_t i; (i = next_++) < seats_.size() && !failed();) {
            auto& seat = *seats_[i];
            seat.began = g_get_monotonic_time();
            auto problem = seat.call->start(seat.viewer);
            if (problem.empty()) {
                std::lock_guard lock(seat.mutex);
                seat.connected = true;
                continue;
            }
            std::lock_guard lock(problem_mutex_);
            problem_ = problem;
            failed_ = true;
        }
    }

    // Until it is done, or out of time (false).
    template <typename Done>
    bool serve(int seconds, Done done) {
        auto end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
        gint64 next_tick = 0;
        epoll_event events[64];
        for (;;) {
            int count = epoll_wait(epoll_, events, 64, 10);
            auto now = g_get_monotonic_time();
            for (int i = 0; i < count; i++)
                read(*static_cast<Seat*>(events[i].data.ptr), now);
            if (now >= next_tick) {
                next_tick = now + 20'000;
                for (auto& seat : seats_)
                    tick(*seat, now);
                if (done())
                    return true;
            }
            if (now >= end)
                return false;
        }
    }
    void read(Seat& seat, gint64 now) {
        std::lock_guard lock(seat.mutex);
        if (!seat.connected)
            return;
        seat.viewer.readable(now);
        if (!seat.received && seat.viewer.receiving())
            seat.received = now;
    }
    void tick(Seat& seat, gint64 now) {
        std::lock_guard lock(seat.mutex);
        if (seat.connected)
            seat.viewer.tick(now);
    }
    void keep_alive() {
        for (int i = 1; !stopping_; i++) {
            g_usleep(100'000);
            if (i % 200 == 0)
                for (auto& seat : seats_)
                    seat->call->keep_alive();
        }
    }
    void hang_up() {
        std::vector<std::thread> enders;
        std::atomic<size_t> next = 0;
        for (int i = 0; i < options_.parallel; i++)
            enders.emplace_back([&] {
                for (size_t at; (at = next++) < seats_.size();)
                    seats_[at]->call->end();
            });
        for (auto& ender : enders)
            ender.join();
    }

    size_t receiving() const {
        return size_t(std::ranges::count_if(seats_, [](auto& seat) { return seat->received > 0; }));
    }
    bool all_receive() const { return receiving() == seats_.size(); }
    bool failed() const { return failed_; }
    Counts counts() const {
        Counts sum;
        for (const auto& seat : seats_) {
            auto one = seat->viewer.counts();
            sum.packets += one.packets, sum.bytes += one.bytes, sum.lost += one.lost;
            sum.refused += one.refused, sum.reports += one.reports;
        }
        return sum;
    }
    void print_ready() const {
        std::vector<gint64> times;
        for (const auto& seat : seats_)
            times.push_back(seat->setup());
        std::ranges::sort(times);
        auto at = [&](double share) {
            return double(times[size_t(share * double(times.size() - 1))]) / 1000;
        };
        printf("{\"event\":\"ready\",\"setup_ms\":{\"p50\":%.1f,\"p95\":%.1f,\"max\":%.1f}}\n",
               at(0.5), at(0.95), at(1));
        fflush(stdout);
    }
    void print_sample() const {
        auto sum = counts();
        printf("{\"event\":\"sample\",\"at\":%" G_GINT64_FORMAT ",\"bytes\":%" G_GUINT64_FORMAT
               ",\"lost\":%" G_GUINT64_FORMAT "}\n",
               g_get_real_time() / 1000, sum.bytes, sum.lost);
        fflush(stdout);
    }
    void print_done(const Counts& before, double seconds) const {
        auto after = counts();
        printf("{\"event\":\"done\",\"seconds\":%.3f,\"packets\":%" G_GUINT64_FORMAT
               ",\"bytes\":%" G_GUINT64_FORMAT ",\"lost\":%" G_GUINT64_FORMAT
               ",\"refused\":%" G_GUINT64_FORMAT ",\"sender_reports\":%" G_GUINT64_FORMAT "}\n",
               seconds, after.packets - before.packets, after.bytes - before.bytes,
               after.lost > before.lost ? after.lost - before.lost : 0, after.refused,
               after.reports - before.reports);
        fflush(stdout);
    }

    Options options_;
    Certificate certificate_;
    int epoll_;
    std::vector<std::unique_ptr<Seat>> seats_;
    std::atomic<size_t> next_ = 0;
    std::atomic<bool> failed_ = false, stopping_ = false;
    std::mutex problem_mutex_;
    std::string problem_;
};

} // namespace

int main(int argc, char** argv) {
    Options options;
    if (!options.parse(argc, argv)) {
        fprintf(stderr, "farm --url URL --viewers N --seconds S [--janus STREAM]\n");
        return 2;
    }
    return Farm(options).run();
}
