#include "signaling/http/websocketclient.hpp"

namespace rtc::http {
namespace {

// The scheme and host are all that counts; a user or a password would end up in logs.
Result<void> check_url(const std::string& url) {
    GError* failure = nullptr;
    GUri* uri = g_uri_parse(url.c_str(), G_URI_FLAGS_NONE, &failure);
    Owned<GError> error{failure};
    if (!uri)
        return Error{std::string("the URL can't be read: ") + error->message};
    std::string scheme = g_uri_get_scheme(uri);
    bool has_host = g_uri_get_host(uri) && *g_uri_get_host(uri);
    bool has_user = g_uri_get_userinfo(uri);
    g_uri_unref(uri);
    if ((scheme != "ws" && scheme != "wss") || !has_host)
        return Error{"the URL must be like ws://host:port/path, or wss://… for TLS"};
    if (has_user)
        return Error{"the URL has a user or password in it; set token or token-file instead"};
    return {};
}

} // namespace

// One try. Holds itself alive through libsoup's callback.
struct WebSocketClient::Opening : std::enable_shared_from_this<Opening> {
    Loop& loop;
    const Options options;
    Ref<SoupSession> session;
    Ref<SoupMessage> message;
    Ref<GCancellable> cancellable = adopt(g_cancellable_new());
    Timer timer;
    bool late = false;
    std::function<void(Outcome)> opened; // nothing once nobody listens

    Opening(Loop& on, const Options& with)
        : loop(on)
        , options(with) {}

    void begin() {
        std::vector<char*> protocols;
        for (const auto& protocol : options.protocols)
            protocols.push_back(const_cast<char*>(protocol.c_str()));
        protocols.push_back(nullptr);
        timer = loop.after(options.timeout, [this] {
            late = true;
            g_cancellable_cancel(cancellable.get());
        });
        soup_session_websocket_connect_async(
            session.get(), message.get(), nullptr,
            options.protocols.empty() ? nullptr : protocols.data(), G_PRIORITY_DEFAULT,
            cancellable.get(),
            [](GObject*, GAsyncResult* result, gpointer data) {
                std::unique_ptr<std::shared_ptr<Opening>> self(
                    static_cast<std::shared_ptr<Opening>*>(data));
                (*self)->finish(result);
            },
            new std::shared_ptr<Opening>(shared_from_this()));
    }

    void finish(GAsyncResult* result) {
        timer.cancel();
        GError* failure = nullptr;
        auto connection =
            adopt(soup_session_websocket_connect_finish(session.get(), result, &failure));
        Owned<GError> error{failure};
        auto call = std::exchange(opened, nullptr);
        if (!call)
            return;
        if (!connection)
            return call(failure_of(error.get()));
        soup_websocket_connection_set_max_incoming_payload_size(connection.get(),
                                                                options.max_message);
        call(std::make_unique<WebSocket>(std::move(connection), Head(), loop, options.patience));
    }

    Failure failure_of(const GError* error) const {
        if (late)
            return {false, "the server did not answer in time"};
        if (soup_message_get_tls_peer_certificate_errors(message.get()))
            return {true, "the server's certificate can't be trusted; set tls-ca-file to the "
                          "authority that issued it"};
        auto status = soup_message_get_status(message.get());
        if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN)
            return {true, options.token.empty() ? "the server wants a token; set token-file"
                                                : "the server refuses the token"};
        if (status != SOUP_STATUS_NONE && status != SOUP_STATUS_SWITCHING_PROTOCOLS)
            return {false, "the server answers " + std::to_string(status) + " " +
                               soup_status_get_phrase(status) + " instead of a WebSocket"};
        return {false, error->message};
    }
};

WebSocketClient::WebSocketClient(Loop& loop, Options options)
    : loop_(loop)
    , options_(std::move(options))
    , session_(adopt(soup_session_new())) {}

Result<std::unique_ptr<WebSocketClient>> WebSocketClient::create(Loop& loop, Options options) {
    if (auto valid = check_url(options.url); !valid)
        return valid.error();
    Ref<GTlsDatabase> database;
    if (!options.tls_ca_file.empty()) {
        GError* failure = nullptr;
        database = adopt(g_tls_file_database_new(options.tls_ca_file.c_str(), &failure));
        Owned<GError> error{failure};
        if (!database)
            return Error{std::string("tls-ca-file can't be read: ") + error->message};
    }
    std::unique_ptr<WebSocketClient> client(new WebSocketClient(loop, std::move(options)));
    soup_session_remove_feature_by_type(client->session_.get(), SOUP_TYPE_AUTH_MANAGER);
    if (database)
        soup_session_set_tls_database(client->session_.get(), database.get());
    return client;
}

// GIO answers what is cancelled, a little later: its callback must still find the loop.
WebSocketClient::~WebSocketClient() {
    auto opening = std::weak_ptr(opening_);
    if (opening_) {
        opening_->opened = nullptr;
        g_cancellable_cancel(opening_->cancellable.get());
        opening_.reset();
    }
    while (!opening.expired())
        g_main_context_iteration(loop_.context(), TRUE);
    soup_session_abort(session_.get());
}

void WebSocketClient::open(std::function<void(Outcome)> opened) {
    opening_ = std::make_shared<Opening>(loop_, options_);
    opening_->session = session_;
    opening_->message = adopt(soup_message_new("GET", options_.url.c_str()));
    opening_->opened = [this, opened = std::move(opened)](Outcome outcome) {
        opening_.reset();
        opened(std::move(outcome));
    };
    auto* message = opening_->message.get();
    soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
    if (!options_.token.empty())
        soup_message_headers_append(soup_message_get_request_headers(message), "Authorization",
                                    ("Bearer " + options_.token).c_str());
    if (options_.insecure)
        g_signal_connect(message, "accept-certificate",
                         G_CALLBACK(+[](SoupMessage*, GTlsCertificate*, GTlsCertificateFlags,
                                        gpointer) -> gboolean { return TRUE; }),
                         nullptr);
    opening_->begin();
}

} // namespace rtc::http
