#include "signaling/http/framing.hpp"

#include "signaling/base/text.hpp"

#include <algorithm>
#include <utility>

namespace rtc::http {
namespace {

constexpr size_t max_line = 256;     // bytes, of a chunk's size with its extensions
constexpr size_t max_trailer = 4096; // bytes
constexpr size_t most_digits = 7;

constexpr const char* empty_request =
    "GET / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n";
constexpr const char* last_chunk = "0\r\n\r\n";

} // namespace

void Framing::put(std::string_view bytes) {
    if (state_ == State::refused || state_ == State::over)
        return;
    in_.append(bytes);
    advance();
}

void Framing::advance() {
    if (state_ == State::whole)
        return;
    std::string_view rest = in_;
    while (step(rest)) {
    }
    pass_chunk();
    in_.erase(0, in_.size() - rest.size());
}

// What came of a body in chunks, as one.
void Framing::pass_chunk() {
    if (chunk_.empty())
        return;
    char size[32];
    g_snprintf(size, sizeof size, "%zx\r\n", chunk_.size());
    out_.append(size).append(chunk_).append("\r\n");
    chunk_.clear();
}

// Makes what it can of the bytes; false where more are needed.
bool Framing::step(std::string_view& rest) {
    switch (state_) {
    case State::head:
        return step_head(rest);
    case State::sized_body:
        if (!pass(rest, out_))
            return false;
        state_ = State::whole;
        return false;
    case State::chunk:
        if (!pass(rest, chunk_))
            return false;
        state_ = State::chunk_end;
        return true;
    case State::chunk_size:
    case State::chunk_end:
    case State::trailer:
        return step_line(rest);
    case State::raw:
        left_ = rest.size();
        pass(rest, out_);
        return false;
    case State::refused:
        rest = {};
        return false;
    case State::whole:
    case State::over:
        break;
    }
    return false;
}

// Looks at each byte once, however small the pieces in which they come.
bool Framing::step_head(std::string_view& rest) {
    for (; looked_at_ < rest.size() && looked_at_ < max_head; looked_at_++) {
        if (rest[looked_at_] != '\n')
            continue;
        if (looked_at_ == line_ || rest[looked_at_ - 1] != '\r') {
            refuse({400, "a line of the head ends without CR"});
            return true;
        }
        bool is_empty = looked_at_ - line_ == 1;
        auto lines = rest.substr(0, std::exchange(line_, looked_at_ + 1));
        if (!is_empty)
            continue;
        rest.remove_prefix(line_);
        looked_at_ = line_ = 0;
        if (lines.empty()) // before a request (section 2.2)
            return true;
        auto checked = check_head(lines);
        if (auto* refusal = std::get_if<Refusal>(&checked)) {
            refuse(std::move(*refusal));
            return true;
        }
        auto form = std::get<BodyForm>(checked);
        left_ = form.length;
        state_ = form.chunked ? State::chunk_size : form.length ? State::sized_body : State::whole;
        pass_head(lines);
        return true;
    }
    if (looked_at_ == max_head) {
        refuse(head_too_large(rest));
        return true;
    }
    return false;
}

// libsoup isn't told of TLS, and refuses the whole URL of another scheme (section 3.2.2).
void Framing::pass_head(std::string_view lines) {
    constexpr std::string_view scheme = "https:";
    auto target = lines.find(' ') + 1;
    bool is_https = equal_ignoring_case(lines.substr(target, scheme.size()), scheme);
    out_.append(lines.substr(0, target)).append(is_https ? "http:" : "");
    out_.append(lines.substr(target + (is_https ? scheme.size() : 0))).append("\r\n");
}

bool Framing::step_line(std::string_view& rest) {
    auto end = rest.find('\n');
    if (end > max_line && rest.size() > max_line) {
        refuse({400, "the chunks of the body can't be told apart"});
        return true;
    }
    if (end == rest.npos)
        return false;
    auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    bool good = line.ends_with('\r');
    line = line.substr(0, line.size() - good);
    if (state_ == State::chunk_size) {
        good = good && chunk_size(line);
    } else if (state_ == State::chunk_end) {
        good = good && line.empty();
        state_ = State::chunk_size;
    } else {
        trailer_ += line.size() + 2;
        good = good && trailer_ <= max_trailer;
        if (line.empty() && good)
            end_body();
    }
    if (!good)
        refuse({400, "the chunks of the body can't be told apart"});
    return state_ != State::whole;
}

void Framing::end_body() {
    pass_chunk();
    out_.append(last_chunk);
    state_ = State::whole;
}

// Extensions are dropped (section 7.1.1).
bool Framing::chunk_size(std::string_view line) {
    auto digits = line.substr(0, line.find_first_of("; \t"));
    bool good =
        !digits.empty() && digits.size() <= most_digits &&
        std::all_of(digits.begin(), digits.end(), [](char c) { return g_ascii_isxdigit(c); });
    left_ = good ? g_ascii_strtoull(std::string(digits).c_str(), nullptr, 16) : 0;
    state_ = left_ ? State::chunk : State::trailer;
    return good;
}

// Passes on what belongs to the body or the chunk; whether that was all.
bool Framing::pass(std::string_view& rest, std::string& to) {
    auto some = rest.substr(0, size_t(std::min<guint64>(left_, rest.size())));
    to.append(some);
    rest.remove_prefix(some.size());
    left_ -= some.size();
    return left_ == 0;
}

void Framing::refuse(Refusal refusal) {
    last_words_ = state_ == State::head ? empty_request : last_chunk;
    refusal_ = std::move(refusal);
    state_ = State::refused;
}

void Framing::pause() {
    if (state_ != State::refused)
        return;
    out_.append(last_words_);
    state_ = State::whole;
}

Framing::End Framing::end() {
    pause();
    if (state_ == State::head) {
        stop();
        return End::between;
    }
    if (state_ != State::whole)
        state_ = State::over;
    return End::within;
}

// libsoup 3.2 keeps a connection for good that ends before the first byte of a second request
// (soup-server-message-io-http1.c: io_read() fails, and a message that has not started has no
// completion_cb that would disconnect). An empty line starts it.
void Framing::stop() {
    out_ = "\r\n";
    state_ = State::over;
}

size_t Framing::take(char* to, size_t count) {
    count = out_.copy(to, count);
    out_.erase(0, count);
    return count;
}

void Framing::next() {
    if (state_ == State::raw || state_ == State::over)
        return;
    if (state_ != State::whole || refusal_ || !out_.empty())
        return stop();
    state_ = State::head;
    advance();
}

void Framing::pass_all() {
    state_ = State::raw;
    advance();
}

} // namespace rtc::http
