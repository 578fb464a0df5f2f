#include "signaling/http/server.hpp"

#include "signaling/base/descriptors.hpp"
#include "signaling/http/addresses.hpp"

namespace rtc::http {
namespace {

// How long the end of a server waits for answers to be sent, and for connections to close.
constexpr std::chrono::milliseconds end_timeout{1000};

// The servers that run, for those who want to share them. A server that is about to end stays in
// here until its port is free.
struct Registry {
    std::mutex mutex;
    std::condition_variable ended;
    std::map<Address, std::weak_ptr<Server>> servers;
};

Registry& registry() {
    static auto* instance = new Registry; // never destroyed: threads may end after main()
    return *instance;
}

Result<std::optional<Certificate>> load_certificate(const Address& address) {
    if (address.tls_certificate.empty()) {
        if (!address.tls_key.empty())
            return Error{"tls-key is set without tls-certificate; set both"};
        return std::optional<Certificate>();
    }
    auto certificate = Certificate::load(address.tls_certificate, address.tls_key);
    if (!certificate)
        return certificate.error();
    return std::optional(std::move(*certificate));
}

// Letters, digits and "-._~" in one or more segments (RFC 3986 section 2.3).
bool is_plain_path(std::string_view path) {
    if (path.size() < 2 || path.front() != '/' || path.back() == '/' ||
        path.find("//") != path.npos || path.find("/.") != path.npos)
        return false;
    return path.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~/") == path.npos;
}

} // namespace

Result<std::shared_ptr<Server>> Server::acquire(const Address& address, Timeouts timeouts,
                                                RequestRate rate) {
    raise_descriptor_limit();
    auto& servers = registry().servers;
    std::unique_lock lock(registry().mutex);
    // One that is ending right now must free its port first.
    auto free = [&] {
        auto found = servers.find(address);
        return found == servers.end() || !found->second.expired();
    };
    registry().ended.wait_for(lock, std::chrono::seconds(5), free);
    if (auto found = servers.find(address); found != servers.end())
        if (auto server = found->second.lock())
            return server;

    auto certificate = load_certificate(address);
    if (!certificate)
        return certificate.error();
    auto listener = Listener::listen(address.address, address.port, std::move(*certificate));
    if (!listener) {
        for (const auto& [other, server] : servers)
            if (address.port && other.port == address.port)
                return Error{"TCP port " + std::to_string(address.port) +
                             " is served in this program with another address or certificate; "
                             "give all elements that share it the same, or another port"};
        return listener.error();
    }
    std::shared_ptr<Server> server(new Server(address, *listener, timeouts, rate));
    if (address.port)
        servers[address] = server;
    return server;
}

Server::Server(Address address, std::shared_ptr<Listener> listener, Timeouts timeouts,
               RequestRate rate)
    : address_(std::move(address))
    , loop_(std::make_unique<Loop>("rtc-http"))
    , listener_(std::move(listener))
    , requests_(rate.per_second, rate.at_once) {
    loop_->call([&] { start(timeouts); });
}

Server::~Server() {
    flush();
    loop_->call([this] {
        self_.reset();
        end_streams();
        listener_->stop();
        soup_server_disconnect(soup_.get());
        soup_.reset();
    });
    // A handler that held the last reference would wait for its own thread here.
    if (!loop_->is_current())
        listener_->wait_empty(end_timeout);
    else
        std::thread([loop = std::move(loop_)] {}).detach();
    loop_.reset();
    std::lock_guard lock(registry().mutex);
    if (address_.port)
        registry().servers.erase(address_);
    registry().ended.notify_all();
}

// Waits until what was answered is on its way, so that clients hear of the end.
void Server::flush() {
    if (loop_->is_current())
        return;
    std::unique_lock lock(sent_mutex_);
    sent_.wait_for(lock, end_timeout, [this] { return unsent_ == 0; });
}

Result<std::unique_ptr<Server::Registration>> Server::add(Endpoint endpoint) {
    bool everything = endpoint.path == "/" && endpoint.websocket;
    if (!everything && !is_plain_path(endpoint.path))
        return Error{"\"" + endpoint.path +
                     "\" can't be the path of an endpoint; write one like /whip, with letters, "
                     "digits and -._~ between the slashes"};
    if (endpoint.path == "/status")
        return Error{"the path /status is the server's own; choose another"};
    std::string taken_by;
    auto path = endpoint.path;
    loop_->call([&] {
        auto found = endpoints_.find(path);
        if (found != endpoints_.end())
            taken_by = found->second.owner;
        else
            endpoints_.emplace(path, std::move(endpoint));
    });
    if (!taken_by.empty())
        return Error{"the path " + path + " on port " + std::to_string(port()) +
                     " is taken by the element " + taken_by + "; set another path"};
    return std::make_unique<Registration>(*this, path);
}

std::string Server::scheme() const {
    return address_.tls_certificate.empty() ? "http" : "https";
}

void Server::remove(const std::string& path) {
    loop_->call([&] { endpoints_.erase(path); });
}

std::vector<std::string> Server::urls(const std::string& path) const {
    auto urls = reachable_authorities(address_.address, port());
    for (auto& url : urls)
        url = scheme() + "://" + url + path;
    return urls;
}

} // namespace rtc::http
