#include "signaling/room/service.hpp"

#include "signaling/http/addresses.hpp"
#include "signaling/http/peerview.hpp"
#include "signaling/http/share.hpp"

#include <gst/gst.h>

#include <unistd.h>

GST_DEBUG_CATEGORY_STATIC(rtc_room_debug);
#define GST_CAT_DEFAULT rtc_room_debug

namespace rtc::room {
namespace {

constexpr guint policy_violation = 1008; // RFC 6455 section 7.4.1
// Wrong tokens from one address.
constexpr double guesses_at_once = 20;
constexpr double guesses_per_second = 0.2;
// How often tokens of peers are looked at again, where peers go with them.
constexpr std::chrono::seconds token_interval{2};
// Messages that a peer may send before it is let in.
constexpr size_t early_messages = 16;

Room::Limits limits_of(const ServerSettings& settings) {
    return {settings.max_peers, settings.max_sessions, settings.max_sessions_per_peer};
}

// Browsers can't set headers on a WebSocket: their token comes in the query (RFC 6750 section 2.3).
http::Head with_token(const http::Head& head) {
    auto token = head.parameter("access_token");
    auto shown = head;
    if (!token.empty() && head.header("Authorization").empty())
        shown.headers.emplace_back("Authorization", "Bearer " + std::string(token));
    return shown;
}

std::string websocket_url(const std::string& url) {
    return url.starts_with("http") ? "ws" + url.substr(4) : url;
}

} // namespace

std::string new_uuid() {
    unsigned char data[16];
    if (getentropy(data, sizeof data) != 0)
        g_error("the system gives no random numbers");
    data[6] = (data[6] & 0x0f) | 0x40;
    data[8] = (data[8] & 0x3f) | 0x80;
    std::string text;
    for (size_t i = 0; i < sizeof data; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text += '-';
        for (auto digit : {data[i] >> 4, data[i] & 15})
            text += "0123456789abcdef"[digit];
    }
    return text;
}

Service::Service(const ServerSettings& settings, http::Proxies proxies)
    : settings_(settings)
    , proxies_(std::move(proxies))
    , guesses_(guesses_per_second, guesses_at_once)
    , status_guesses_(guesses_per_second, guesses_at_once) {}

Service::~Service() {
    stop();
}

Result<std::shared_ptr<Service>> Service::start(const ServerSettings& settings,
                                                const std::string& owner) {
    GST_DEBUG_CATEGORY_INIT(rtc_room_debug, "rtcroom", 0, "Rooms of peers");
    auto proxies = http::Proxies::parse(settings.trusted_proxies);
    if (!proxies)
        return proxies.error();
    std::shared_ptr<Service> service(new Service(settings, std::move(*proxies)));
    auto server = http::Server::acquire(
        {settings.address, settings.port, settings.tls_certificate, settings.tls_key});
    if (!server)
        return server.error();
    service->server_ = *server;
    auto auth = http::make_auth(settings, (*server)->loop());
    if (!auth)
        return auth.error();
    service->auth_ = std::move(*auth);
    if (auto served = service->serve(owner); !served)
        return served.error();
    return service;
}

Result<void> Service::serve(const std::string& owner) {
    http::Endpoint endpoint;
    endpoint.path = settings_.path;
    endpoint.owner = owner;
    endpoint.cors_origins = settings_.cors_origin;
    endpoint.pages = settings_.pages;
    endpoint.proxies = proxies_;
    endpoint.max_message = settings_.max_message_size;
    endpoint.patience.ping_interval = std::chrono::seconds(settings_.ping_interval);
    // The registration ends in stop(), before the service does.
    endpoint.methods = [](const std::string&) { return "GET"; };
    endpoint.refuse = [this](const http::Head& head) { return refuse(head); };
    endpoint.handle = [](auto exchange) {
        exchange->respond(
            http::problem(426, "this is for WebSockets").with("Upgrade", "websocket"));
    };
    endpoint.status = [this](const http::Head& head) { return status(with_token(head)); };
    endpoint.websocket = [this](auto socket) { connected(std::move(socket)); };
    auto registration = server_->add(std::move(endpoint));
    if (!registration)
        return registration.error();
    registration_ = std::move(*registration);
    if (settings_.end_with_token)
        token_timer_ = server_->loop().every(token_interval, [weak = weak_from_this()] {
            if (auto self = weak.lock())
                self->close_with_tokens();
        });
    return {};
}

void Service::stop() {
    registration_.reset();
    std::unique_lock lock(mutex_);
    auto server = std::move(server_);
    lock.unlock();
    if (!server)
        return;
    server->loop().call([this] {
        token_timer_.cancel();
        for (auto& [peer, member] : members_)
            if (member.socket)
                member.socket->on_closed(nullptr);
        cluster_.reset();
        members_.clear();
        waiting_.clear();
        auth_.reset();
        rooms_.clear();
        outgoing_.clear();
    });
}

void Service::call(const std::function<void(Service&)>& function) {
    std::shared_ptr<http::Server> server;
    {
        std::lock_guard lock(mutex_);
        server = server_;
    }
    if (server)
        server->loop().call([&] { function(*this); });
}

std::vector<std::string> Service::urls() const {
    std::lock_guard lock(mutex_);
    if (!server_)
        return {};
    auto urls = server_->urls(settings_.path);
    if (!settings_.public_url.empty())
        urls.insert(urls.begin(), settings_.public_url + settings_.path);
    for (auto& url : urls)
        url = websocket_url(url);
    return urls;
}

std::optional<http::Response> Service::refuse(const http::Head& head) {
    auto refusal = refuse_peer(head);
    if (refusal && http::is_websocket_handshake(head)) {
        figures_.refused++;
        GST_INFO("peer from %s refused with %u", head.address.c_str(), refusal->status);
    }
    return refusal;
}

std::optional<http::Response> Service::refuse_peer(const http::Head& request) {
    auto head = with_token(request);
    auto now = std::chrono::steady_clock::now();
    if (http::bearer_token(head) && !guesses_.has(head.address, now))
        return http::problem(429, "too many wrong tokens came from your address; wait a while");
    if (auto verdict = auth_->judge(head, wish(head)))
        if (auto* response = std::get_if<http::Response>(&*verdict)) {
            if (response->status == 401 && http::bearer_token(head))
                guesses_.take(head.address, now);
            return std::move(*response);
        }
    if (draining_)
        return http::problem(503, "this server is about to end").with("Retry-After", "1");
    bool many = peers_of(http::client_of(head.address)) >=
                http::most_of_an_address(head.address, settings_.max_peers_per_address,
                                         settings_.max_peers);
    if (members_.size() + waiting_.size() >= settings_.max_peers || many)
        return http::problem(503, "there are too many peers now").with("Retry-After", "5");
    return std::nullopt;
}

guint Service::peers_of(const std::string& client) const {
    guint count = 0;
    for (const auto& [peer, member] : members_)
        count += member.client == client;
    for (const auto& [peer, waiting] : waiting_)
        count += http::client_of(waiting.socket->head().address) == client;
    return count;
}

http::EndpointStatus Service::status(const http::Head& head) {
    http::EndpointStatus status;
    status.kind = "room";
    status.path = settings_.path;
    status.live = !draining_;
    status.token_required = auth_->required();
    status.sessions = members_.size();
    http::PeerView view(*auth_, status_guesses_, head);
    for (const auto& [peer, member] : members_)
        if (view.shows({"join", member.room}))
            status.peers.push_back(
                {peer, "", settings_.rooms_by_path ? member.room : "", member.since, "connected"});
    return status;
}

// One whose token can't be judged now (503) stays.
void Service::close_with_tokens() {
    std::vector<http::WebSocket*> outdated;
    for (const auto& [peer, member] : members_) {
        if (!member.socket)
            continue;
        auto head = with_token(member.socket->head());
        auto verdict = auth_->judge(head, wish(head));
        auto* refusal = verdict ? std::get_if<http::Response>(&*verdict) : nullptr;
        if (refusal && (refusal->status == 401 || refusal->status == 403))
            outdated.push_back(member.socket.get());
    }
    for (auto* socket : outdated)
        socket->close(policy_violation, "the token is not good any more");
}

// "/hall/" and "/hall" are the same room.
std::string Service::room_of(const std::string& path) const {
    if (!settings_.rooms_by_path)
        return settings_.path;
    auto room = path;
    while (room.size() > 1 && room.ends_with('/'))
        room.pop_back();
    return room;
}

http::Wish Service::wish(const http::Head& head) const {
    return {"join", room_of(head.path)};
}

void Service::connected(std::unique_ptr<http::WebSocket> socket) {
    auto head = with_token(socket->head());
    if (auth_->judge(head, wish(head)))
        admit(new_uuid(), std::move(socket)); // who is refused doesn't come so far
    else
        ask(std::move(socket));
}

void Service::ask(std::unique_ptr<http::WebSocket> socket) {
    auto peer = new_uuid();
    auto head = with_token(socket->head());
    auto& waiting = waiting_[peer];
    waiting.socket = std::move(socket);
    waiting.socket->on_closed([this, peer] { waiting_.erase(peer); });
    waiting.socket->on_text([this, peer](std::string_view text) {
        auto& early = waiting_.at(peer);
        if (early.texts.size() < early_messages)
            early.texts.emplace_back(text);
        else
            early.socket->close(policy_violation, "too many messages");
    });
    auth_->ask(head, wish(head), [this, peer](http::Verdict verdict) { answered(peer, verdict); });
}

void Service::answered(const std::string& peer, const http::Verdict& verdict) {
    auto found = waiting_.find(peer);
    if (found == waiting_.end())
        return;
    auto& waiting = found->second;
    if (auto* refusal = std::get_if<http::Response>(&verdict)) {
        figures_.refused++;
        GST_INFO("peer from %s refused with %u", waiting.socket->head().address.c_str(),
                 refusal->status);
        waiting.socket->on_text(nullptr);
        return waiting.socket->close(policy_violation, "you may not enter");
    }
    auto [socket, texts] = std::move(waiting);
    waiting_.erase(found);
    admit(peer, std::move(socket));
    for (const auto& text : texts)
        if (members_.contains(peer))
            received(peer, text);
}

void Service::admit(const std::string& peer, std::unique_ptr<http::WebSocket> socket) {
    auto* raw = socket.get();
    const auto& head = raw->head();
    GST_INFO("peer %s from %s enters %s", peer.c_str(), head.address.c_str(), head.path.c_str());
    auto room = room_of(head.path);
    raw->on_text([this, peer](std::string_view text) { received(peer, text); });
    raw->on_closed([this, peer] { leave(peer); });
    auto rate = double(settings_.rate_limit);
    Member member{room,
                  head.address,
                  http::client_of(head.address),
                  std::move(socket),
                  nullptr,
                  http::RateLimit(rate, 4 * rate),
                  g_get_real_time() / G_USEC_PER_SEC};
    figures_.connections++;
    join(peer, std::move(member)); // where the room is full, this is the end of the socket
}

bool Service::enter(const std::string& room, const std::string& peer, Deliver deliver) {
    return join(peer, {room, "", "", nullptr, std::move(deliver), http::RateLimit(0, 0),
                       g_get_real_time() / G_USEC_PER_SEC});
}

bool Service::join(const std::string& peer, Member member) {
    auto name = member.room;
    if (!members_.try_emplace(peer, std::move(member)).second)
        return false;
    bool joined = false;
    with_room(name, [&](Room& room, Outputs& outputs) { joined = room.join(peer, outputs); });
    if (!joined)
        members_.erase(peer);
    return joined;
}

void Service::received(const std::string& peer, std::string_view text) {
    auto& member = members_.at(peer);
    figures_.messages_in++;
    if (!member.rate.take("", std::chrono::steady_clock::now())) {
        figures_.faults++;
        GST_WARNING("peer %s from %s sends too many messages: it is closed", peer.c_str(),
                    member.address.c_str());
        return member.socket->close(policy_violation, "too many messages");
    }
    auto message = parse_client_message(text);
    if (message)
        return say(peer, *message);
    figures_.faults++;
    GST_DEBUG("peer %s: %s", peer.c_str(), message.error().message.c_str());
    run(member.room, {Send{peer, Complaint{message.error().message}}});
}

void Service::say(const std::string& peer, const ClientMessage& message) {
    auto found = members_.find(peer);
    if (found == members_.end())
        return;
    with_room(found->second.room,
              [&](Room& room, Outputs& outputs) { room.receive(peer, message, outputs); });
}

void Service::leave(const std::string& peer) {
    auto gone = members_.extract(peer);
    if (!gone)
        return;
    GST_INFO("peer %s leaves", peer.c_str());
    const auto& name = gone.mapped().room;
    with_room(name, [&](Room& room, Outputs& outputs) { room.leave(peer, outputs); });
    drop_if_empty(name);
}

void Service::drop_if_empty(const std::string& name) {
    if (auto found = rooms_.find(name); found != rooms_.end() && found->second->empty())
        rooms_.erase(found);
}

void Service::receive_from(const std::string& instance, const std::string& room,
                           const InstanceMessage& message) {
    with_room(room,
              [&](Room& to, Outputs& outputs) { to.receive_from(instance, message, outputs); });
    drop_if_empty(room);
}

void Service::lose(const std::string& instance) {
    std::vector<std::string> names;
    for (const auto& [name, room] : rooms_)
        names.push_back(name);
    for (const auto& name : names) {
        with_room(name, [&](Room& room, Outputs& outputs) { room.lose(instance, outputs); });
        drop_if_empty(name);
    }
}

std::vector<std::pair<std::string, PeerStatusChanged>> Service::statuses() const {
    std::vector<std::pair<std::string, PeerStatusChanged>> all;
    for (const auto& [name, room] : rooms_)
        for (auto& status : room->statuses())
            all.emplace_back(name, std::move(status));
    return all;
}

Room& Service::room(const std::string& name) {
    auto& room = rooms_[name];
    if (!room)
        room = std::make_unique<Room>(limits_of(settings_), new_uuid);
    return *room;
}

void Service::with_room(const std::string& name, const std::function<void(Room&, Outputs&)>& act) {
    Outputs outputs;
    act(room(name), outputs);
    run(name, std::move(outputs));
}

// What a receiver in this process says in turn comes after what was to be sent already.
void Service::run(const std::string& room, Outputs outputs) {
    for (auto& output : outputs)
        outgoing_.emplace_back(room, std::move(output));
    if (std::exchange(sending_, true))
        return;
    while (!outgoing_.empty()) {
        auto [name, output] = std::move(outgoing_.front());
        outgoing_.pop_front();
        std::visit([&, &to = name](const auto& o) { run(to, o); }, output);
    }
    sending_ = false;
}

void Service::run(const std::string&, const Send& send) {
    auto found = members_.find(send.peer);
    if (found == members_.end())
        return;
    if (!found->second.socket)
        return Deliver(found->second.deliver)(send.message);
    figures_.messages_out++;
    found->second.socket->send(to_json(send.message));
}

void Service::run(const std::string& room, const Tell& tell) {
    if (cluster_)
        cluster_->tell(room, tell);
}

Figures Service::figures() const {
    auto figures = figures_;
    figures.rooms = rooms_.size();
    figures.peers = members_.size();
    for (const auto& [name, room] : rooms_)
        figures.sessions += room->sessions();
    return figures;
}

} // namespace rtc::room
