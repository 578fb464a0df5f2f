// WebSockets on the HTTP server that elements share.
#include "tests/element/serving.hpp"
#include "tests/support/httpclient.hpp"
#include "tests/support/sametext.hpp"

#include <deque>
#include <semaphore>

using namespace rtc;
using namespace rtc::test;
using namespace std::chrono_literals;

namespace {

// libsoup's client, on a loop of its own.
class Client {
public:
    explicit Client(const std::string& url, const char* origin = nullptr)
        : loop_("test-client") {
        loop_.call([&] { connect(url, origin); });
    }
    ~Client() {
        loop_.call([this] {
            if (connection_)
                g_signal_handlers_disconnect_by_data(connection_.get(), this);
            connection_.reset();
            session_.reset();
        });
    }
    // Connected: "", else the words of the error.
    std::string wait_connected() {
        return wait([this] { return connected_; }), error_;
    }
    void send(const std::string& text) {
        loop_.call([&] { soup_websocket_connection_send_text(connection_.get(), text.c_str()); });
    }
    std::string receive() {
        wait([this] { return !received_.empty(); });
        std::lock_guard lock(mutex_);
        auto text = received_.front();
        received_.pop_front();
        return text;
    }
    // The code that the server closed with.
    guint wait_closed() {
        wait([this] { return closed_; });
        return code_;
    }

private:
    void wait(const std::function<bool()>& there) {
        std::unique_lock lock(mutex_);
        g_assert_true(changed_.wait_for(lock, 20s, there));
    }
    void change(const std::function<void()>& function) {
        std::lock_guard lock(mutex_);
        function();
        changed_.notify_all();
    }
    void connect(const std::string& url, const char* origin) {
        session_ = adopt(soup_session_new());
        auto message = adopt(soup_message_new("GET", url.c_str()));
        soup_session_websocket_connect_async(
            session_.get(), message.get(), origin, nullptr, G_PRIORITY_DEFAULT, nullptr,
            [](GObject*, GAsyncResult* result, gpointer self) {
                static_cast<Client*>(self)->connected(result);
            },
            this);
    }
    void connected(GAsyncResult* result) {
        GError* failure = nullptr;
        connection_ =
            adopt(soup_session_websocket_connect_finish(session_.get(), result, &failure));
        Owned<GError> error{failure};
        if (connection_) {
            g_signal_connect(
                connection_.get(), "message",
                G_CALLBACK(+[](SoupWebsocketConnection*, int, GBytes* bytes, gpointer self) {
                    gsize size = 0;
                    auto* data = g_bytes_get_data(bytes, &size);
                    std::string text(static_cast<const char*>(data), size);
                    auto* client = static_cast<Client*>(self);
                    client->change([&] { client->received_.push_back(text); });
                }),
                this);
            g_signal_connect(connection_.get(), "closed",
                             G_CALLBACK(+[](SoupWebsocketConnection* from, gpointer self) {
                                 auto* client = static_cast<Client*>(self);
                                 client->change([&] {
                                     client->closed_ = true;
                                     client->code_ = soup_websocket_connection_get_close_code(from);
                                 });
                             }),
                             this);
        }
        change([&] {
            connected_ = true;
            error_ = error ? error->message : "";
        });
    }

    Loop loop_;
    Ref<SoupSession> session_;
    Ref<SoupWebsocketConnection> connection_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool connected_ = false, closed_ = false;
    guint code_ = 0;
    std::string error_;
    std::deque<std::string> received_;
};

// An endpoint that sends each text back, and tells when a socket is closed.
struct Echo {
    explicit Echo(http::WebSocket::Patience patience = {}, const char* origins = "*") {
        auto endpoint = echo("/ws");
        endpoint.cors_origins = origins;
        endpoint.max_message = 1000;
        endpoint.patience = patience;
        endpoint.websocket = [this](std::unique_ptr<http::WebSocket> socket) {
            auto* raw = socket.get();
            raw->on_text([raw](std::string_view text) { raw->send(text); });
            raw->on_closed([this] { closed.release(); });
            sockets.push_back(std::move(socket));
        };
        serving.emplace(std::move(endpoint));
        url = serving->base + "/ws/room";
    }
    ~Echo() {
        serving->server->loop().call([this] { sockets.clear(); });
    }
    void wait_closed() { g_assert_true(closed.try_acquire_for(20s)); }

    std::vector<std::unique_ptr<http::WebSocket>> sockets; // the loop's
    std::counting_semaphore<> closed{0};
    std::optional<Serving> serving;
    std::string url;
};

void carries_messages() {
    Echo e;
    Client first(e.url), second(e.url);
    RTC_ASSERT_TEXT(first.wait_connected(), "");
    RTC_ASSERT_TEXT(second.wait_connected(), "");
    first.send("one");
    second.send("two");
    g_assert_true(first.receive() == "one" && second.receive() == "two");
    // Beside it, HTTP goes on.
    g_assert_true(fetch({"POST", e.url, {}, "", "x"}).text() == "POST x");
}

void large_messages_end_it() {
    Echo e;
    Client client(e.url);
    RTC_ASSERT_TEXT(client.wait_connected(), "");
    client.send(std::string(1001, 'x'));
    client.wait_closed();
    e.wait_closed();
}

void origins_are_checked() {
    Echo e({}, "https://good.example");
    RTC_ASSERT_TEXT(Client(e.url, "https://good.example").wait_connected(), "");
    RTC_ASSERT_TEXT(Client(e.url, e.serving->base.c_str()).wait_connected(), "");
    g_assert_true(Client(e.url, "https://evil.example").wait_connected() != "");
}

void not_everywhere() {
    Serving s;
    g_assert_true(Client(s.base + "/echo").wait_connected() != "");
    // A handshake that lacks what it must have.
    Echo e;
    auto response = fetch({"GET", e.url, {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}}});
    g_assert_cmpuint(response.status, ==, 400);
}

void silence_is_noticed() {
    Echo e({.ping_interval = 1s});
    RawClient client(e.serving->base);
    client.send("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    g_assert_true(client.read_head().starts_with("HTTP/1.1 101 "));
    e.wait_closed(); // it answers no ping
}

void who_takes_nothing_is_dropped() {
    Echo e({.ping_interval = 600s, .unread_bytes = 100000});
    RawClient client(e.serving->base);
    client.send("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    client.read_head();
    e.serving->server->loop().call([&] {
        for (int i = 0; i < 101; i++)
            e.sockets[0]->send(std::string(1000, 'x'));
    });
    e.wait_closed();
}

void the_end_says_goodbye() {
    auto before = settled_descriptors();
    {
        std::optional<Client> client;
        {
            Echo e;
            client.emplace(e.url);
            RTC_ASSERT_TEXT(client->wait_connected(), "");
        }
        g_assert_cmpuint(client->wait_closed(), ==, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
    }
    g_assert_cmpuint(settled_descriptors(), ==, before);
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/websocket/messages", carries_messages);
    g_test_add_func("/websocket/too-large", large_messages_end_it);
    g_test_add_func("/websocket/origin", origins_are_checked);
    g_test_add_func("/websocket/none-here", not_everywhere);
    g_test_add_func("/websocket/silent", silence_is_noticed);
    g_test_add_func("/websocket/stuck", who_takes_nothing_is_dropped);
    g_test_add_func("/websocket/end", the_end_says_goodbye);
    return g_test_run();
}
