// Opens WebSockets from our side (RFC 6455 section 4.1): to one URL, one at a time.
//
// Life: made and destroyed on the loop's thread, where everything of it runs. What is being opened
// when it is destroyed is dropped without a word; what was opened lives on by itself.
#pragma once

#include "signaling/base/result.hpp"
#include "signaling/http/websocket.hpp"

#include <memory>
#include <variant>

namespace rtc::http {

class WebSocketClient {
public:
    struct Options {
        std::string url;         // ws:// or wss://
        std::string token;       // secret; sent as `Authorization: Bearer …`; "" for none
        std::string tls_ca_file; // PEM; "": the system's authorities
        bool insecure = false;   // take any certificate
        std::vector<std::string> protocols = {};
        size_t max_message = 1024 * 1024; // bytes
        std::chrono::seconds timeout{10}; // to open it
        WebSocket::Patience patience = {};
    };
    struct Failure {
        bool refused = false; // to try again is of no use: the token or the certificate is wrong
        std::string text;
    };
    using Outcome = std::variant<std::unique_ptr<WebSocket>, Failure>;

    // Refused: what is no such URL, and a file of authorities that can't be read.
    static Result<std::unique_ptr<WebSocketClient>> create(Loop& loop, Options options);
    ~WebSocketClient();
    WebSocketClient(const WebSocketClient&) = delete;
    WebSocketClient& operator=(const WebSocketClient&) = delete;

    // `opened` is called once, later.
    void open(std::function<void(Outcome)> opened);

private:
    struct Opening;
    WebSocketClient(Loop& loop, Options options);

    Loop& loop_;
    const Options options_;
    Ref<SoupSession> session_;
    std::shared_ptr<Opening> opening_;
};

} // namespace rtc::http
