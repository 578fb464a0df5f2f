// An HTTP client on a loop: requests go out and responses come back there, none of them waits.
//
// Redirects are not followed and nothing is tried again: whoever asks decides that. Certificates
// are verified, against the system's authorities or a file of one's own. A response may have 256
// KiB.
//
// Life: made and destroyed on any thread; its requests are sent, answered and cancelled on the
// loop's. What is under way when it is destroyed is dropped without a word.
#pragma once

#include "signaling/base/loop.hpp"
#include "signaling/base/result.hpp"
#include "signaling/http/reply.hpp"

namespace rtc::http {

class Client {
public:
    struct Options {
        std::string tls_ca_file; // PEM; "": the system's authorities
        bool insecure = false;   // take any certificate
    };
    using Done = std::function<void(Outcome)>;

    // Refused: a file of authorities that can't be read.
    static Result<std::unique_ptr<Client>> create(std::shared_ptr<Loop> loop,
                                                  const Options& options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // On the loop's thread; so is `done`, once, unless the client goes before.
    void send(const Request& request, std::chrono::milliseconds timeout, Done done);

private:
    struct Session;
    Client(std::shared_ptr<Loop> loop, std::shared_ptr<Session> session);

    std::shared_ptr<Loop> loop_;
    std::shared_ptr<Session> session_;
};

} // namespace rtc::http
