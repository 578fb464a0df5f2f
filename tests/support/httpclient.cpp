#include "tests/support/httpclient.hpp"

#include <libsoup/soup.h>

#include <chrono>

namespace rtc::test {
namespace {

constexpr guint deadline_seconds = 20;

// With a context of its own, so that it may wait on any thread.
class Context {
public:
    Context()
        : context_(adopt(g_main_context_new())) {
        g_main_context_push_thread_default(context_.get());
    }
    ~Context() { g_main_context_pop_thread_default(context_.get()); }

private:
    Ref<GMainContext> context_;
};

http::Response to_response(SoupMessage* message, Ref<GBytes> body) {
    http::Response response;
    response.status = soup_message_get_status(message);
    SoupMessageHeadersIter iter;
    const char *name, *value;
    soup_message_headers_iter_init(&iter, soup_message_get_response_headers(message));
    while (soup_message_headers_iter_next(&iter, &name, &value))
        response.headers.emplace_back(name, value);
    response.content_type = response.header("Content-Type");
    response.body = std::move(body);
    return response;
}

} // namespace

http::Response fetch(const Request& request) {
    Context context;
    auto session = adopt(soup_session_new());
    soup_session_set_timeout(session.get(), deadline_seconds);
    auto message = adopt(soup_message_new(request.method.c_str(), request.url.c_str()));
    g_assert_nonnull(message.get());
    soup_message_add_flags(message.get(), SOUP_MESSAGE_NO_REDIRECT);
    g_signal_connect(message.get(), "accept-certificate", G_CALLBACK(+[] { return TRUE; }),
                     nullptr);
    for (const auto& [name, value] : request.headers)
        soup_message_headers_append(soup_message_get_request_headers(message.get()), name.c_str(),
                                    value.c_str());
    if (!request.body.empty() || !request.content_type.empty()) {
        auto body = adopt(g_bytes_new(request.body.data(), request.body.size()));
        auto* type = request.content_type.empty() ? nullptr : request.content_type.c_str();
        soup_message_set_request_body_from_bytes(message.get(), type, body.get());
    }
    GError* error = nullptr;
    auto body = adopt(soup_session_send_and_read(session.get(), message.get(), nullptr, &error));
    g_assert_no_error(error);
    return to_response(message.get(), std::move(body));
}

std::future<http::Response> fetch_later(Request request) {
    return std::async(std::launch::async,
                      [request = std::move(request)] { return fetch(request); });
}

RawClient::RawClient(const std::string& url) {
    auto client = adopt(g_socket_client_new());
    g_socket_client_set_timeout(client.get(), deadline_seconds);
    GError* error = nullptr;
    connection_ =
        adopt(g_socket_client_connect_to_uri(client.get(), url.c_str(), 80, nullptr, &error));
    g_assert_no_error(error);
}

void RawClient::send(std::string_view bytes) {
    g_assert_true(try_send(bytes));
}

bool RawClient::try_send(std::string_view bytes) {
    auto* stream = g_io_stream_get_output_stream(G_IO_STREAM(connection_.get()));
    return g_output_stream_write_all(stream, bytes.data(), bytes.size(), nullptr, nullptr, nullptr);
}

std::string RawClient::read_all(std::chrono::seconds deadline) {
    g_socket_set_timeout(g_socket_connection_get_socket(connection_.get()),
                         guint(deadline.count()));
    auto* stream = g_io_stream_get_input_stream(G_IO_STREAM(connection_.get()));
    std::string text;
    char buffer[4096];
    while (true) {
        GError* failure = nullptr;
        auto size = g_input_stream_read(stream, buffer, sizeof buffer, nullptr, &failure);
        Owned<GError> error{failure};
        // A reset is an end too.
        if (error && !g_error_matches(error.get(), G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
            g_error("%s", error->message);
        if (size <= 0)
            return text;
        text.append(buffer, size_t(size));
    }
}

std::string RawClient::read_until(std::string_view end) {
    auto* stream = g_io_stream_get_input_stream(G_IO_STREAM(connection_.get()));
    std::string text;
    char byte;
    while (!text.ends_with(end)) {
        GError* error = nullptr;
        auto size = g_input_stream_read(stream, &byte, 1, nullptr, &error);
        g_assert_no_error(error);
        g_assert_cmpint(size, ==, 1);
        text += byte;
    }
    return text;
}

void RawClient::stop_sending() {
    g_socket_shutdown(g_socket_connection_get_socket(connection_.get()), FALSE, TRUE, nullptr);
}

void RawClient::close() {
    g_io_stream_close(G_IO_STREAM(connection_.get()), nullptr, nullptr);
}

} // namespace rtc::test
