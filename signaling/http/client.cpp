#include "signaling/http/client.hpp"

#include "signaling/http/soup.hpp"
#include "signaling/http/url.hpp"

#include <algorithm>

namespace rtc::http {
namespace {

constexpr gsize largest_body = 256 * 1024;
constexpr gsize piece = 16 * 1024;

std::string words_of(GTlsCertificateFlags flags) {
    if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
        return "it was issued for another host";
    if (flags & G_TLS_CERTIFICATE_EXPIRED)
        return "it has expired";
    if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
        return "it is not valid yet";
    if (flags & G_TLS_CERTIFICATE_REVOKED)
        return "it was revoked";
    if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
        return "its authority is not known: set tls-ca-file to one that is to be trusted";
    return "it can't be trusted";
}

Failure failure_of(const GError* error, SoupMessage* message) {
    auto flags = soup_message_get_tls_peer_certificate_errors(message);
    if (flags)
        return {Failure::tls, "the server's certificate was refused: " + words_of(flags)};
    if (error->domain == G_TLS_ERROR)
        return {Failure::tls, std::string("the TLS handshake failed: ") + error->message};
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        return {Failure::timeout, "the server did not answer in time"};
    if (error->domain == SOUP_SESSION_ERROR)
        return {Failure::protocol, error->message};
    return {Failure::network, error->message};
}

} // namespace

// One request and what came of it so far. Holds itself alive through the callbacks of GIO.
struct Exchanging : std::enable_shared_from_this<Exchanging> {
    Ref<SoupMessage> message;
    Ref<GCancellable> cancellable = adopt(g_cancellable_new());
    Ref<GInputStream> stream;
    std::string body;
    Timer timer;
    bool late = false;
    Client::Done done; // nothing once it was called, or nobody listens any more
    std::function<void(Exchanging*)> over;

    using Holder = std::shared_ptr<Exchanging>;
    gpointer hold() { return new Holder(shared_from_this()); }
    static Holder take(gpointer data) {
        std::unique_ptr<Holder> holder(static_cast<Holder*>(data));
        return *holder;
    }

    void begin(SoupSession* session) {
        soup_session_send_async(session, message.get(), G_PRIORITY_DEFAULT, cancellable.get(),
                                &Exchanging::sent, hold());
    }

    static void sent(GObject* session, GAsyncResult* result, gpointer data) {
        auto self = take(data);
        GError* error = nullptr;
        self->stream = adopt(soup_session_send_finish(SOUP_SESSION(session), result, &error));
        error ? self->fail(Owned<GError>(error)) : self->read();
    }

    void read() {
        g_input_stream_read_bytes_async(stream.get(), piece, G_PRIORITY_DEFAULT, cancellable.get(),
                                        &Exchanging::was_read, hold());
    }

    static void was_read(GObject* stream, GAsyncResult* result, gpointer data) {
        auto self = take(data);
        GError* error = nullptr;
        auto bytes =
            adopt(g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, &error));
        error ? self->fail(Owned<GError>(error)) : self->add(bytes.get());
    }

    void add(GBytes* bytes) {
        gsize size = 0;
        auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
        if (size == 0)
            return finish(response());
        if (body.size() + size > largest_body)
            return finish(Failure{Failure::protocol, "the server's answer is over 256 KiB"});
        body.append(data, size);
        read();
    }

    void fail(Owned<GError> error) {
        if (late)
            return finish(Failure{Failure::timeout, "the server did not answer in time"});
        finish(failure_of(error.get(), message.get()));
    }

    Response response() {
        Response response{.status = soup_message_get_status(message.get())};
        auto* headers = soup_message_get_response_headers(message.get());
        SoupMessageHeadersIter iter;
        const char *name, *value;
        soup_message_headers_iter_init(&iter, headers);
        while (soup_message_headers_iter_next(&iter, &name, &value))
            response.with(name, value);
        if (auto* type = soup_message_headers_get_one(headers, "Content-Type"))
            response.content_type = type;
        response.body = adopt(g_bytes_new(body.data(), body.size()));
        return response;
    }

    void finish(Outcome outcome) {
        timer.cancel();
        g_cancellable_cancel(cancellable.get()); // what is left of an answer that is too long
        auto self = shared_from_this();
        if (auto ended = std::exchange(over, nullptr))
            ended(this);
        if (auto call = std::exchange(done, nullptr))
            call(std::move(outcome));
    }
};

struct Client::Session {
    Ref<SoupSession> soup;
    bool insecure = false;
    std::vector<std::shared_ptr<Exchanging>> running;
};

Client::Client(std::shared_ptr<Loop> loop, std::shared_ptr<Session> session)
    : loop_(std::move(loop))
    , session_(std::move(session)) {}

Result<std::unique_ptr<Client>> Client::create(std::shared_ptr<Loop> loop, const Options& options) {
    Ref<GTlsDatabase> database;
    if (!options.tls_ca_file.empty()) {
        GError* error = nullptr;
        database = adopt(g_tls_file_database_new(options.tls_ca_file.c_str(), &error));
        if (Owned<GError> owned{error}; owned)
            return Error{"tls-ca-file can't be read: " + std::string(owned->message)};
    }
    auto session = std::make_shared<Session>();
    session->insecure = options.insecure;
    // A SoupSession belongs to the thread that makes it.
    loop->call([&] {
        session->soup = adopt(soup_session_new_with_options("user-agent", "gst-rtc/" RTC_VERSION,
                                                            "timeout", 60u, "max-conns", 16,
                                                            "max-conns-per-host", 8, nullptr));
        soup_session_remove_feature_by_type(session->soup.get(), SOUP_TYPE_AUTH_MANAGER);
        if (database)
            soup_session_set_tls_database(session->soup.get(), database.get());
    });
    return std::unique_ptr<Client>(new Client(std::move(loop), std::move(session)));
}

// GIO answers what is cancelled, a little later: its callbacks must still find the loop.
Client::~Client() {
    loop_->call([this] {
        auto running = session_->running;
        for (auto& exchanging : running) {
            exchanging->done = nullptr;
            g_cancellable_cancel(exchanging->cancellable.get());
        }
        while (!session_->running.empty())
            g_main_context_iteration(loop_->context(), TRUE);
        soup_session_abort(session_->soup.get());
        session_.reset();
    });
}

void Client::send(const Request& request, std::chrono::milliseconds timeout, Done done) {
    auto exchanging = std::make_shared<Exchanging>();
    exchanging->message = adopt(soup_message_new(request.method.c_str(), request.url.c_str()));
    if (!exchanging->message) {
        loop_->post([done] { done(Failure{Failure::protocol, "that is no URL for HTTP"}); });
        return;
    }
    auto* message = exchanging->message.get();
    soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
    auto* headers = soup_message_get_request_headers(message);
    for (const auto& [name, value] : request.headers)
        soup_message_headers_append(headers, name.c_str(), value.c_str());
    if (!request.content_type.empty()) {
        auto body = adopt(g_bytes_new(request.body.data(), request.body.size()));
        soup_message_set_request_body_from_bytes(message, request.content_type.c_str(), body.get());
    }
    if (session_->insecure)
        g_signal_connect(message, "accept-certificate",
                         G_CALLBACK(+[](SoupMessage*, GTlsCertificate*, GTlsCertificateFlags,
                                        gpointer) -> gboolean { return TRUE; }),
                         nullptr);
    exchanging->done = std::move(done);
    exchanging->over = [weak = std::weak_ptr(session_)](Exchanging* ended) {
        if (auto session = weak.lock())
            std::erase_if(session->running, [&](const auto& e) { return e.get() == ended; });
    };
    exchanging->timer = loop_->after(timeout, [weak = std::weak_ptr(exchanging)] {
        if (auto late = weak.lock()) {
            late->late = true;
            g_cancellable_cancel(late->cancellable.get());
        }
    });
    session_->running.push_back(exchanging);
    exchanging->begin(session_->soup.get());
}

} // namespace rtc::http
