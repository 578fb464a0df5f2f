#include "plugins/record/digest.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace rtc {
namespace {

constexpr size_t piece = 256 * 1024;

struct Descriptor {
    explicit Descriptor(int descriptor)
        : number(descriptor) {}
    ~Descriptor() {
        if (number >= 0)
            close(number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    const int number;
};

Error unreadable(const std::string& path) {
    int code = errno;
    return Error{"can't read " + path + ": " + g_strerror(code)};
}

} // namespace

Result<std::string> sha256_of_file(const std::string& path, const std::atomic<bool>& stop) {
    Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number < 0)
        return unreadable(path);
    Owned<GChecksum> checksum{g_checksum_new(G_CHECKSUM_SHA256)};
    std::vector<guchar> bytes(piece);
    while (!stop) {
        auto count = read(file.number, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return unreadable(path);
        if (count == 0)
            return std::string(g_checksum_get_string(checksum.get()));
        g_checksum_update(checksum.get(), bytes.data(), count);
    }
    return Error{"there was no time to compute the SHA-256 of " + path};
}

std::shared_ptr<Digest> Digest::start(Loop& loop, const std::string& path, Done done) {
    std::shared_ptr<Digest> digest(new Digest(loop, std::move(done)));
    digest->thread_ = std::thread([self = digest.get(), path] { self->run(path); });
    return digest;
}

Digest::~Digest() {
    stop_ = true;
    thread_.join();
}

void Digest::run(const std::string& path) {
    auto result = sha256_of_file(path, stop_);
    loop_.post([weak = weak_from_this(), result] {
        auto self = weak.lock();
        if (auto done = self ? std::exchange(self->done_, nullptr) : nullptr)
            done(result);
    });
}

} // namespace rtc
