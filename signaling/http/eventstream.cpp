#include "signaling/http/eventstream.hpp"

#include <utility>

namespace rtc::http {

void EventStream::send(std::string_view event, std::string_view data) {
    write("event: " + std::string(event) + "\ndata: " + std::string(data) + "\n\n");
}

void EventStream::write(std::string text) {
    if (ended_)
        return;
    if (writer_)
        writer_(std::move(text));
    else
        early_ += text;
}

void EventStream::close() {
    if (std::exchange(ended_, true))
        return;
    gone_ = nullptr;
    if (auto writer = std::exchange(writer_, nullptr))
        writer(std::nullopt);
}

void EventStream::attach(Writer writer) {
    writer(std::move(early_));
    if (ended_)
        writer(std::nullopt);
    else
        writer_ = std::move(writer);
}

void EventStream::lose() {
    ended_ = true;
    writer_ = nullptr;
    if (auto gone = std::exchange(gone_, nullptr))
        gone();
}

} // namespace rtc::http
