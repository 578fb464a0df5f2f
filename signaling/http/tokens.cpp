#include "signaling/http/tokens.hpp"

#include "signaling/http/secret.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

// The next word, taken off the line.
std::string_view next_word(std::string_view& line) {
    line = trim(line);
    auto word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    return word;
}

} // namespace

Result<TokenTable> TokenTable::single(std::string_view token) {
    if (!std::all_of(token.begin(), token.end(), [](char c) { return g_ascii_isgraph(c); }))
        return Error{"the token has white space or characters outside ASCII, which an HTTP header "
                     "can't carry; choose another"};
    TokenTable table;
    table.entries_.push_back({.digest = secret_digest(token)});
    return table;
}

Result<TokenTable::Entry> TokenTable::parse_line(std::string_view line) {
    auto token = single(next_word(line));
    if (!token)
        return token.error();
    auto entry = token->entries_[0];
    for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
        auto value = std::string(word.substr(std::min(word.find('=') + 1, word.size())));
        if (word.starts_with("path=/"))
            entry.paths.push_back(value);
        else if (word.starts_with("action=") && !value.empty())
            entry.actions.push_back(value);
        else if (word.starts_with("name=") && !value.empty())
            entry.name = valid_text(value);
        else
            return Error{"after the token there may be path=/…, action=… and name=…, separated by "
                         "blanks"};
    }
    return entry;
}

Result<TokenTable> TokenTable::parse(std::string_view text) {
    TokenTable table;
    for (size_t number = 1; !text.empty(); number++) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line = trim(line);
        if (line.empty() || line.front() == '#')
            continue;
        auto entry = parse_line(line);
        if (!entry)
            return Error{"line " + std::to_string(number) + ": " + entry.error().message};
        table.entries_.push_back(std::move(*entry));
    }
    if (table.entries_.empty())
        return Error{"no token is there; write one a line"};
    return table;
}

bool TokenTable::allows(const Entry& entry, const Wish& wish) {
    auto fits = [&](const auto& pattern) { return covers(pattern, wish.path); };
    return (entry.paths.empty() || std::any_of(entry.paths.begin(), entry.paths.end(), fits)) &&
           (entry.actions.empty() || std::find(entry.actions.begin(), entry.actions.end(),
                                               wish.action) != entry.actions.end());
}

Verdict TokenTable::judge(std::string_view shown, const Wish& wish) const {
    bool known = false;
    auto digest = secret_digest(shown); // once: it may be long, and the tokens many
    std::optional<Grant> grant;
    for (const auto& entry : entries_) {
        if (!equal_secrets(entry.digest, digest))
            continue;
        known = true;
        if (!grant && allows(entry, wish))
            grant = Grant{entry.name};
    }
    if (grant)
        return *grant;
    return known ? not_allowed(wish) : token_wrong();
}

Result<std::unique_ptr<Auth>> TokenAuth::load(const std::string& token, const std::string& path) {
    WatchedFile file(path);
    auto table = TokenTable::single(token);
    if (!path.empty()) {
        auto text = file.read();
        if (!text)
            return Error{"the token file can't be read: " + text.error().message};
        table = TokenTable::parse(*text);
    }
    if (!table && path.empty())
        return table.error();
    if (!table)
        return Error{"the token file " + path + " can't be used: " + table.error().message};
    return std::unique_ptr<Auth>(new TokenAuth(std::move(*table), path));
}

void TokenAuth::read_again() {
    auto text = file_.read();
    auto table = text ? TokenTable::parse(*text) : Result<TokenTable>(text.error());
    if (table)
        table_ = std::move(*table);
    else
        table_.reset();
    if (!table_)
        g_warning("The token file %s can't be used, so nobody is let in: %s", file_.path().c_str(),
                  table.error().message.c_str());
}

std::optional<Verdict> TokenAuth::judge(const Head& head, const Wish& wish) {
    if (!file_.path().empty() && file_.changed(std::chrono::steady_clock::now()))
        read_again();
    auto shown = bearer_token(head);
    if (!shown)
        return token_missing();
    return table_ ? table_->judge(*shown, wish) : cannot_judge();
}

} // namespace rtc::http
