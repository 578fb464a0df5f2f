// A response that goes on: server-sent events (the HTML standard, section 9.2).
//
// Life: made by a handler and given to a Response; it may be written to at once. It ends by
// close(), or when the client goes, is silent or takes nothing: then on_gone() tells. Belongs to
// the server's loop.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rtc::http {

class EventStream {
public:
    // Takes text to be written; nothing for the end.
    using Writer = std::function<void(std::optional<std::string>)>;

    // `data` has no line breaks.
    void send(std::string_view event, std::string_view data);
    // A comment, so that proxies and the server see that the connection lives.
    void keep_alive() { write(":\n\n"); }
    void close();
    void on_gone(std::function<void()> gone) { gone_ = std::move(gone); }

    // For the server: where to write from now on, and that there is nobody any more.
    void attach(Writer writer);
    void lose();

private:
    void write(std::string text);

    Writer writer_;
    std::string early_; // written before the writer was there
    bool ended_ = false;
    std::function<void()> gone_;
};

} // namespace rtc::http
