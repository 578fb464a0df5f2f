// A network link in user space, for networks that tests make: two TUN devices, one here and one in
// a network namespace of its own, and what happens to packets between them.
//
//   link [--number N] [--rate SECONDS:KBIT,…] [--queue MS] [--delay MS] [--jitter MS] [--loss
//   SHARE] [--every PACKETS]
//
// Here is 10.78.N.1, there 10.78.N.2, with a default route over the link. Rate, queue, jitter and
// loss are those of the way there; the delay is that of each way. On standard input, the line
// "start" starts the schedule of rates (nothing is limited or lost before), and the end of it ends
// the program. On standard output, a line of JSON each:
//   {"event":"ready","pid":…}                         nsenter --net=/proc/PID/ns/net gets there
//   {"event":"sample","t":…,"rate":…,"bytes":…,…}     ten times a second after the start
//
// Needs root (CAP_NET_ADMIN) and /dev/net/tun.
#include "tests/support/link/impairment.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sstream>
#include <string>

using namespace rtc::test;

namespace {

constexpr Nanoseconds sample_distance = 100'000'000;
constexpr Nanoseconds ms = 1'000'000;

Nanoseconds now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return Nanoseconds(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "link: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

int open_tun(const std::string& name) {
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device < 0)
        fail("/dev/net/tun");
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    if (ioctl(device, TUNSETIFF, &request) < 0)
        fail("making " + name);
    return device;
}

void run(const std::string& command) {
    if (std::system(command.c_str()) != 0)
        fail(command);
}

struct Options {
    int number = 1;
    Impairment there, back;
};

void set_rates(Impairment& impairment, const std::string& text) {
    std::stringstream list(text);
    for (std::string part; std::getline(list, part, ',');) {
        double seconds = 0, kbit = 0;
        if (std::sscanf(part.c_str(), "%lf:%lf", &seconds, &kbit) != 2)
            fail("--rate takes SECONDS:KBIT,… not " + part);
        impairment.rates.emplace_back(Nanoseconds(seconds * 1e9), kbit * 1000);
    }
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string name = argv[i];
        auto value = [&] { return std::atof(argv[i + 1]); };
        if (name == "--number")
            options.number = int(value());
        else if (name == "--rate")
            set_rates(options.there, argv[i + 1]);
        else if (name == "--queue")
            options.there.queue = Nanoseconds(value() * ms);
        else if (name == "--delay")
            options.there.delay = options.back.delay = Nanoseconds(value() * ms);
        else if (name == "--jitter")
            options.there.jitter = Nanoseconds(value() * ms);
        else if (name == "--loss")
            options.there.loss = value();
        else if (name == "--every")
            options.there.every = unsigned(value());
        else
            fail("unknown option " + name);
    }
    return options;
}

class Link {
public:
    explicit Link(const Options& options)
        : there_(options.there)
        , back_(options.back) {
        auto net = "10.78." + std::to_string(options.number) + ".";
        auto name = "rtclink" + std::to_string(options.number);
        near_ = open_tun(name);
        run("ip address add " + net + "1/24 dev " + name + " && ip link set " + name + " up");
        if (unshare(CLONE_NEWNET) != 0)
            fail("a network namespace");
        far_ = open_tun(name);
        run("ip link set lo up && ip address add " + net + "2/24 dev " + name + " && ip link set " +
            name + " up && ip route add default via " + net + "1");
        std::printf("{\"event\":\"ready\",\"pid\":%d,\"address\":\"%s1\"}\n", int(getpid()),
                    net.c_str());
        std::fflush(stdout);
    }

    void run_until_closed() {
        while (open_) {
            auto now = now_ns();
            if (started_ && now >= next_sample_)
                sample(now);
            deliver(there_, far_, now);
            deliver(back_, near_, now);
            wait(now);
        }
    }

private:
    void wait(Nanoseconds now) {
        auto until = started_ ? next_sample_ : now + sample_distance;
        for (const auto& next : {there_.next(), back_.next()})
            until = next ? std::min(until, *next) : until;
        auto left = std::max<Nanoseconds>(until - now, 0);
        timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
        pollfd files[] = {{near_, POLLIN, 0}, {far_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        if (ppoll(files, 3, &timeout, nullptr) <= 0)
            return;
        if (files[0].revents)
            take(near_, there_);
        if (files[1].revents)
            take(far_, back_);
        if (files[2].revents)
            command();
    }

    static void take(int from, Direction& direction) {
        std::uint8_t packet[65536];
        for (ssize_t size = 0; (size = read(from, packet, sizeof packet)) > 0;)
            direction.add(Direction::Packet(packet, packet + size), now_ns());
    }

    static void deliver(Direction& direction, int to, Nanoseconds now) {
        while (auto packet = direction.take(now))
            if (write(to, packet->data(), packet->size()) < 0 && errno != EINVAL && errno != EIO)
                fail("writing a packet");
    }

    void command() {
        char line[256];
        auto size = read(STDIN_FILENO, line, sizeof line);
        if (size <= 0) {
            open_ = false;
        } else if (std::string(line, size_t(size)).starts_with("start")) {
            started_ = now_ns();
            next_sample_ = *started_ + sample_distance;
            there_.look();
            back_.look();
            there_.start(*started_);
        }
    }

    void sample(Nanoseconds now) {
        auto passage = there_.look();
        auto& waits = passage.waits;
        std::sort(waits.begin(), waits.end());
        auto wait = [&](double share) {
            return waits.empty() ? 0.0 : waits[size_t(double(waits.size() - 1) * share)];
        };
        std::printf(
            "{\"event\":\"sample\",\"t\":%.3f,\"rate\":%.0f,\"packets\":%llu,\"bytes\":%llu,"
            "\"dropped\":%llu,\"lost\":%llu,\"wait50\":%.1f,\"wait95\":%.1f}\n",
            double(now - *started_) / 1e9, there_.rate(now),
            static_cast<unsigned long long>(passage.packets),
            static_cast<unsigned long long>(passage.bytes),
            static_cast<unsigned long long>(passage.dropped),
            static_cast<unsigned long long>(passage.lost), wait(0.5), wait(0.95));
        std::fflush(stdout);
        next_sample_ = std::max(next_sample_ + sample_distance, now);
    }

    Direction there_, back_;
    int near_ = -1, far_ = -1;
    bool open_ = true;
    std::optional<Nanoseconds> started_;
    Nanoseconds next_sample_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    Link(parse(argc, argv)).run_until_closed();
    return 0;
}
