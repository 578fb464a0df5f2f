#include "signaling/http/soup.hpp"

#include "signaling/http/filebody.hpp"
#include "signaling/http/url.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

Fields read_headers(SoupMessageHeaders* headers) {
    Fields fields;
    SoupMessageHeadersIter iter;
    const char *name, *value;
    soup_message_headers_iter_init(&iter, headers);
    while (soup_message_headers_iter_next(&iter, &name, &value)) {
        auto same = [&](const auto& field) { return equal_ignoring_case(field.first, name); };
        auto found = std::find_if(fields.begin(), fields.end(), same);
        if (found == fields.end())
            fields.emplace_back(name, value);
        else
            found->second += std::string(", ") + value;
    }
    return fields;
}

Fields read_query(const char* query) {
    Fields fields;
    if (!query)
        return fields;
    auto form = adopt(soup_form_decode(query));
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, form.get());
    while (g_hash_table_iter_next(&iter, &key, &value))
        fields.emplace_back(static_cast<char*>(key), static_cast<char*>(value));
    return fields;
}

// As it takes out the Content-Length of a 204, libsoup 3.2 forgets how its body is delimited
// (soup-server-message-io-http1.c: write_headers()), takes it for one that ends with the connection
// and closes that, unannounced (soup-server-message.c: soup_server_message_is_keepalive()).
void keep_alive_without_body(SoupServerMessage* message) {
    auto wrote = [](SoupServerMessage* from, gpointer) {
        soup_message_headers_set_encoding(soup_server_message_get_response_headers(from),
                                          SOUP_ENCODING_NONE);
    };
    g_signal_connect(message, "wrote-headers", G_CALLBACK(+wrote), nullptr);
}

} // namespace

std::string address_of(GSocketAddress* address) {
    if (!G_IS_INET_SOCKET_ADDRESS(address))
        return "";
    Owned<char> text{g_inet_address_to_string(
        g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)))};
    std::string_view result = text.get();
    // An IPv4 client of an IPv6 socket (RFC 4291 section 2.5.5.2).
    constexpr std::string_view mapped = "::ffff:";
    if (result.starts_with(mapped) && result.find('.') != result.npos)
        result.remove_prefix(mapped.size());
    return std::string(result);
}

Head read_head(SoupServerMessage* message, const std::string& scheme) {
    auto* uri = soup_server_message_get_uri(message);
    Head head;
    head.method = soup_server_message_get_method(message);
    head.path = g_uri_get_path(uri);
    if (head.path.empty())
        head.path = "/";
    head.query = read_query(g_uri_get_query(uri));
    head.headers = read_headers(soup_server_message_get_request_headers(message));
    head.origin = origin_of(uri, scheme);
    head.address = address_of(soup_server_message_get_remote_address(message));
    return head;
}

std::string read_body(SoupServerMessage* message) {
    auto bytes = adopt(soup_message_body_flatten(soup_server_message_get_request_body(message)));
    gsize size = 0;
    auto* data = static_cast<const char*>(g_bytes_get_data(bytes.get(), &size));
    return size ? std::string(data, size) : std::string();
}

void write_response(SoupServerMessage* message, const Response& response) {
    auto* headers = soup_server_message_get_response_headers(message);
    soup_server_message_set_status(message, response.status, reason_phrase(response.status));
    for (const auto& [name, value] : response.headers)
        soup_message_headers_append(headers, name.c_str(), value.c_str());
    if (!response.content_type.empty())
        soup_message_headers_replace(headers, "Content-Type", response.content_type.c_str());
    if (response.stream) {
        soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
        soup_message_body_set_accumulate(soup_server_message_get_response_body(message), FALSE);
        return;
    }
    soup_message_headers_set_encoding(headers, SOUP_ENCODING_CONTENT_LENGTH);
    if (response.file) {
        soup_message_headers_set_content_length(headers, response.file->size());
        soup_message_body_set_accumulate(soup_server_message_get_response_body(message), FALSE);
        return;
    }
    if (response.status == 204)
        keep_alive_without_body(message);
    auto size = response.body ? g_bytes_get_size(response.body.get()) : 0;
    soup_message_headers_set_content_length(headers, goffset(size));
    auto* body = soup_server_message_get_response_body(message);
    if (size)
        soup_message_body_append_bytes(body, response.body.get());
    soup_message_body_complete(body);
}

} // namespace rtc::http
