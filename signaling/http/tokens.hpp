// Tokens that stand in a file, and what each is good for.
//
// A token a line, then what it is limited to, and whom it belongs to; "#" begins a comment:
//
//   s3cret
//   hall-4711   path=/whip/hall action=publish name=Hall
//   viewers-12  path=/whep/* action=play
//
// The file is read again when it changes. While it is missing, empty or wrong nobody is let in, for
// it may be there to take a token back; a warning says so.
#pragma once

#include "signaling/http/auth.hpp"
#include "signaling/http/watchedfile.hpp"

namespace rtc::http {

// Pure.
class TokenTable {
public:
    // Refused, with the number of the line: an unknown word, a token with characters that a header
    // can't carry, no token at all.
    static Result<TokenTable> parse(std::string_view text);
    // One token that is good for everything.
    static Result<TokenTable> single(std::string_view token);
    // Tries every token, for the same time whichever fits.
    Verdict judge(std::string_view shown, const Wish& wish) const;

private:
    struct Entry {
        std::string digest, name;
        std::vector<std::string> paths, actions; // empty: all
    };
    static Result<Entry> parse_line(std::string_view line);
    static bool allows(const Entry& entry, const Wish& wish);

    std::vector<Entry> entries_;
};

class TokenAuth : public Auth {
public:
    static Result<std::unique_ptr<Auth>> load(const std::string& token, const std::string& file);
    std::optional<Verdict> judge(const Head& head, const Wish& wish) override;

private:
    void read_again();
    TokenAuth(TokenTable table, std::string file)
        : table_(std::move(table))
        , file_(std::move(file)) {}

    std::optional<TokenTable> table_; // nothing: the file can't be used
    WatchedFile file_;
};

} // namespace rtc::http
