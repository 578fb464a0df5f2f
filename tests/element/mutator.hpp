// Breaks bytes, the same way for the same seed, and says what it has made when the program dies.
#pragma once

#include <glib.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

namespace rtc::test {

using Bytes = std::vector<guint8>;

inline Bytes from_hex(const std::string& text) {
    Bytes bytes;
    for (size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(
            guint8(g_ascii_xdigit_value(text[i]) << 4 | g_ascii_xdigit_value(text[i + 1])));
    return bytes;
}

// The last inputs in hexadecimal, to be printed by whoever fails, a signal handler too.
class LastInputs {
public:
    static LastInputs& get() {
        static LastInputs inputs;
        return inputs;
    }
    void begin(const std::string& title) {
        used_ = 0;
        add(title + "\n");
    }
    void keep(const Bytes& bytes) {
        std::string line;
        static constexpr char digits[] = "0123456789abcdef";
        for (auto byte : bytes)
            line += {digits[byte >> 4], digits[byte & 15]};
        add(line + "\n");
    }
    void print() const { [[maybe_unused]] auto written = write(STDERR_FILENO, text_, used_); }

private:
    LastInputs() {
        for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGTERM})
            std::signal(number, [](int dying) {
                get().print();
                std::signal(dying, SIG_DFL);
                std::raise(dying);
            });
    }
    void add(const std::string& line) {
        if (used_ + line.size() > sizeof text_)
            return;
        std::ranges::copy(line, text_ + used_);
        used_ += line.size();
    }

    char text_[1 << 20];
    size_t used_ = 0;
};

class Mutator {
public:
    explicit Mutator(guint32 seed)
        : engine_(seed) {}

    guint below(size_t limit) { return limit ? guint(engine_() % limit) : 0; }
    bool one_in(guint count) { return below(count) == 0; }

    Bytes mutate(Bytes bytes) {
        for (auto count = 1 + below(4); count > 0; count--)
            change(bytes);
        return bytes;
    }

private:
    // Mostly near the front, where headers are.
    size_t place(const Bytes& bytes) {
        return below(one_in(3) ? bytes.size() : std::min<size_t>(bytes.size(), 16));
    }
    guint8 byte() {
        static constexpr guint8 likely[] = {0, 1, 2, 3, 0x10, 0x20, 0x40, 0x7f, 0x80, 0xfe, 0xff};
        return one_in(2) ? likely[below(sizeof likely)] : guint8(below(256));
    }
    Bytes noise(size_t size) {
        Bytes bytes(size);
        std::ranges::generate(bytes, [this] { return byte(); });
        return bytes;
    }
    void change(Bytes& bytes) {
        auto at = place(bytes);
        auto run = std::min<size_t>(1 + below(32), bytes.size() - at);
        auto from = bytes.begin() + gssize(at), to = from + gssize(run);
        switch (below(9)) {
        case 0:
            if (at < bytes.size())
                bytes[at] ^= guint8(1u << below(8));
            break;
        case 1:
            if (at < bytes.size())
                bytes[at] = byte();
            break;
        case 2:
            bytes.resize(at);
            break;
        case 3:
            bytes.resize(below(bytes.size() + 1));
            break;
        case 4:
            std::fill(from, to, byte());
            break;
        case 5:
            bytes.erase(from, to);
            break;
        case 6: {
            Bytes copy(from, to);
            bytes.insert(bytes.begin() + place(bytes), copy.begin(), copy.end());
            break;
        }
        case 7: {
            auto made = noise(1 + below(8));
            bytes.insert(from, made.begin(), made.end());
            break;
        }
        default:
            bytes = noise(below(64));
        }
    }

    std::mt19937 engine_;
};

} // namespace rtc::test
