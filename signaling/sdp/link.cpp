// The Link header field of HTTP (RFC 8288 section 3), as far as ICE servers need it.
#include "signaling/sdp/iceserver.hpp"
#include "signaling/sdp/text.hpp"

#include <algorithm>

namespace rtc::sdp {
namespace {

constexpr size_t longest_header = 16 * 1024;
constexpr size_t most_links = 32;

struct Link {
    std::string target, relation, user, credential;
};

// Walks through one header value; what is behind the position is still to be read.
class LinkReader {
public:
    explicit LinkReader(std::string_view text)
        : rest_(text) {}

    // The next link that is well-formed; false at the end.
    bool next(Link& link) {
        while (!rest_.empty()) {
            skip_spaces();
            if (skip(','))
                continue;
            link = {};
            if (read_link(link))
                return true;
            skip_to_comma();
        }
        return false;
    }

private:
    bool read_link(Link& link) {
        if (!skip('<'))
            return false;
        auto end = rest_.find('>');
        if (end == rest_.npos)
            return false;
        link.target = trim(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        for (skip_spaces(); skip(';'); skip_spaces())
            if (!read_parameter(link))
                return false;
        return rest_.empty() || rest_.front() == ',';
    }

    // <name>, <name>=<token> or <name>="<text>"; the first of a name counts.
    bool read_parameter(Link& link) {
        skip_spaces();
        auto name = text::lower(read_token());
        skip_spaces();
        std::string value;
        if (skip('=')) {
            skip_spaces();
            if (skip('"')) {
                if (!read_quoted(value))
                    return false;
            } else {
                value = read_token();
            }
        }
        auto* field = name == "rel"          ? &link.relation
                      : name == "username"   ? &link.user
                      : name == "credential" ? &link.credential
                                             : nullptr;
        if (field && field->empty())
            *field = value;
        return true;
    }

    std::string_view read_token() {
        auto token = rest_.substr(0, rest_.find_first_of(" \t;,=\""));
        rest_.remove_prefix(token.size());
        return token;
    }

    bool read_quoted(std::string& value) {
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"')
                return true;
            if (c == '\\' && !rest_.empty()) {
                c = rest_.front();
                rest_.remove_prefix(1);
            }
            value += c;
        }
        return false;
    }

    void skip_to_comma() {
        bool in_quotes = false;
        while (!rest_.empty() && (in_quotes || rest_.front() != ',')) {
            if (rest_.front() == '"')
                in_quotes = !in_quotes;
            rest_.remove_prefix(1);
        }
    }

    bool skip(char c) {
        if (rest_.empty() || rest_.front() != c)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    void skip_spaces() {
        while (skip(' ') || skip('\t')) {
        }
    }

    std::string_view rest_;
};

bool is_ice_server(const Link& link) {
    auto relations = text::words(link.relation);
    return std::any_of(relations.begin(), relations.end(), [](std::string_view relation) {
        return equal_ignoring_case(relation, "ice-server");
    });
}

} // namespace

std::vector<IceServer> parse_link_header(std::string_view value) {
    std::vector<IceServer> result;
    LinkReader reader(value.substr(0, longest_header));
    Link link;
    while (result.size() < most_links && reader.next(link)) {
        if (!is_ice_server(link))
            continue;
        // Some servers percent-encode the URI as a whole ("turn:host%3Ftransport=udp").
        auto target = text::percent_decode(link.target);
        auto server = parse_ice_server(target ? *target : link.target);
        if (server && server->is_turn() && !link.user.empty()) {
            server->user = link.user;
            server->credential = link.credential;
            server = parse_ice_server(server->to_uri()); // the same checks for these
        }
        if (server)
            result.push_back(*server);
    }
    return result;
}

} // namespace rtc::sdp
