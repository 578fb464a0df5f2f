// Keys and passwords: where they have been, nothing of them stays for who reads memory later.
#pragma once

#include <glib.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace rtc {

// Unlike an assignment, it is never left out as one that nobody reads.
inline void wipe(std::string& text) {
    explicit_bzero(text.data(), text.size());
    text.clear();
}

// For what g_free() frees.
inline void wipe_and_free(char* text, gsize size) {
    if (text)
        explicit_bzero(text, size);
    g_free(text);
}

// A key of a fixed length. Each copy wipes itself.
template <size_t length>
struct SecretBytes : std::array<guint8, length> {
    ~SecretBytes() { explicit_bzero(this->data(), length); }
};

// A text, or a key as one. It moves and is not copied.
class SecretText {
public:
    SecretText() = default;
    explicit SecretText(std::string_view text)
        : text_(text) {}
    SecretText(SecretText&& other) noexcept { *this = std::move(other); }
    SecretText& operator=(SecretText&& other) noexcept {
        if (this == &other)
            return *this;
        wipe(text_);
        text_.swap(other.text_); // a short one is copied
        wipe(other.text_);
        return *this;
    }
    ~SecretText() { wipe(text_); }

    std::string_view view() const { return text_; }
    bool empty() const { return text_.empty(); }

private:
    std::string text_;
};

} // namespace rtc
