#include "signaling/manual/channel.hpp"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace rtc::manual {
namespace {

constexpr std::chrono::milliseconds fifo_interval{100}; // no event tells of a FIFO's reader

bool is_fifo(const std::string& path) {
    struct stat info;
    return stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
}

Error error_of(const std::string& what, const std::string& path) {
    return Error{what + " " + path + ": " + g_strerror(errno)};
}

// A file that is replaced or rewritten. What is not whole yet is read again at the next change.
class FileInput : public Input {
public:
    FileInput(Loop& loop, std::string path, std::function<void(std::string)> text)
        : loop_(loop)
        , path_(std::move(path))
        , text_(std::move(text)) {}
    ~FileInput() override {
        if (!monitor_)
            return;
        g_signal_handler_disconnect(monitor_.get(), handler_);
        g_file_monitor_cancel(monitor_.get());
    }

    Result<void> start(bool fresh) {
        auto file = adopt(g_file_new_for_path(path_.c_str()));
        GError* error = nullptr;
        monitor_ =
            adopt(g_file_monitor_file(file.get(), G_FILE_MONITOR_WATCH_MOVES, nullptr, &error));
        if (Owned<GError> owned{error}; owned)
            return Error{"can't watch " + path_ + ": " + owned->message};
        handler_ = g_signal_connect(
            monitor_.get(), "changed",
            G_CALLBACK(+[](GFileMonitor*, GFile*, GFile*, GFileMonitorEvent, gpointer self) {
                static_cast<FileInput*>(self)->changed();
            }),
            this);
        if (fresh)
            last_ = content();
        else
            read();
        return {};
    }

private:
    std::string content() const {
        char* data = nullptr;
        gsize size = 0;
        if (!g_file_get_contents(path_.c_str(), &data, &size, nullptr))
            return "";
        Owned<char> owned{data};
        return {data, size};
    }

    // Read behind what was posted before the change: an offer that is on its way out is out before
    // an answer is looked at, whichever of the two the loop sees first.
    void changed() {
        reading_ = loop_.after(std::chrono::milliseconds(0), [this] { read(); });
    }

    void read() {
        auto now = content();
        if (now.empty() || now == last_)
            return;
        last_ = now;
        text_(now);
    }

    Loop& loop_;
    const std::string path_;
    std::function<void(std::string)> text_;
    std::string last_;
    Timer reading_;
    Ref<GFileMonitor> monitor_;
    gulong handler_ = 0;
};

// Standard input, or a FIFO, which is opened anew after each writer.
class StreamInput : public Input {
public:
    StreamInput(Loop& loop, std::string path, std::function<void(std::string)> text)
        : loop_(loop)
        , path_(std::move(path))
        , text_(std::move(text)) {}
    ~StreamInput() override { close(); }

    Result<void> start() {
        bool standard = path_ == "-";
        fd_ = standard ? STDIN_FILENO : ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd_ < 0)
            return error_of("can't read", path_);
        auto source = adopt(g_unix_fd_source_new(fd_, GIOCondition(G_IO_IN | G_IO_HUP)));
        g_source_set_callback(source.get(), G_SOURCE_FUNC(&StreamInput::ready), this, nullptr);
        g_source_attach(source.get(), loop_.context());
        source_ = std::move(source);
        return {};
    }

private:
    static gboolean ready(int, GIOCondition, gpointer data) {
        static_cast<StreamInput*>(data)->read();
        return G_SOURCE_CONTINUE; // or destroyed
    }

    void read() {
        char bytes[4096];
        auto size = ::read(fd_, bytes, sizeof bytes);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        auto texts = size > 0 ? reader_.feed({bytes, size_t(size)}) : std::vector<std::string>();
        if (size <= 0) {
            if (auto rest = reader_.finish(); !rest.empty())
                texts.push_back(std::move(rest));
            close();
            if (path_ != "-")
                (void)start();
        }
        for (auto& text : texts)
            text_(std::move(text));
    }

    void close() {
        if (source_)
            g_source_destroy(source_.get());
        source_.reset();
        if (fd_ > STDIN_FILENO)
            ::close(fd_);
        fd_ = -1;
    }

    Loop& loop_;
    const std::string path_;
    std::function<void(std::string)> text_;
    Reader reader_;
    int fd_ = -1;
    Ref<GSource> source_;
};

} // namespace

Result<std::unique_ptr<Input>> Input::open(Loop& loop, const std::string& path, bool fresh,
                                           std::function<void(std::string)> text) {
    if (path == "-" || is_fifo(path)) {
        auto input = std::make_unique<StreamInput>(loop, path, std::move(text));
        if (auto started = input->start(); !started)
            return started.error();
        return std::unique_ptr<Input>(std::move(input));
    }
    Owned<char> folder{g_path_get_dirname(path.c_str())};
    if (!g_file_test(folder.get(), G_FILE_TEST_IS_DIR))
        return Error{"can't read " + path + ": there is no folder " + folder.get()};
    auto input = std::make_unique<FileInput>(loop, path, std::move(text));
    if (auto started = input->start(fresh); !started)
        return started.error();
    return std::unique_ptr<Input>(std::move(input));
}

void Output::write(const std::string& text, std::function<void(std::string)> failed) {
    retry_.cancel();
    if (path_ == "-") {
        g_print("%s", text.c_str());
        return;
    }
    if (!is_fifo(path_)) {
        GError* error = nullptr;
        g_file_set_contents_full(path_.c_str(), text.data(), gssize(text.size()),
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error);
        if (Owned<GError> owned{error}; owned)
            failed("can't write " + path_ + ": " + owned->message);
        return;
    }
    auto written = write_fifo(text);
    if (!written)
        return failed(written.error().message);
    if (!*written)
        retry_ = loop_.after(fifo_interval, [this, text, failed] { write(text, failed); });
}

// False while nobody reads it.
Result<bool> Output::write_fifo(const std::string& text) {
    int fd = ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENXIO)
        return false;
    if (fd < 0)
        return error_of("can't write", path_);
    // A FIFO takes 64 KiB at once (pipe(7)); descriptions are far shorter.
    auto size = ::write(fd, text.data(), text.size());
    auto result = size == gssize(text.size()) ? Result<bool>(true) : error_of("can't write", path_);
    ::close(fd);
    return result;
}

} // namespace rtc::manual
