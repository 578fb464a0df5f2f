// What Janus says, a line a message, to a client that publishes, subscribes or watches: whatever
// comes, it asks in JSON, begins each session once and ends it once.
#include "signaling/base/json.hpp"
#include "signaling/janus/janus.hpp"

#include "tests/fuzz/fuzz.hpp"

#include <set>

using namespace rtc;
using namespace rtc::janus;

namespace {

struct Host {
    std::set<std::string> begun, open;

    void take(const Commands& commands) {
        for (const auto& command : commands) {
            if (auto* send = std::get_if<command::Send>(&command))
                check(bool(JsonValue::parse(send->json)), send->json);
            if (auto* start = std::get_if<command::StartSession>(&command)) {
                check(begun.insert(start->session).second, "a session that begins twice");
                open.insert(start->session);
            }
            if (auto* close = std::get_if<command::CloseSession>(&command))
                check(open.erase(close->session) == 1, "the end of a session that there isn't");
        }
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const guint8* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    for (auto task : {Task::publish, Task::subscribe, Task::watch}) {
        int ids = 0;
        Config config;
        config.task = task;
        Janus janus(
            config, [] { return 1.0; }, [&] { return "t" + std::to_string(++ids); });
        Host host;
        Time now{};
        host.take(janus.set_live(true, now));
        host.take(janus.start());
        host.take(janus.connected(now));
        for (auto rest = text; !rest.empty();) {
            auto line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(rest.size(), line.size() + 1));
            host.take(janus.received(line, now));
            now += std::chrono::milliseconds(10);
        }
        host.take(janus.lost("the end", now));
        host.take(janus.stop());
    }
    return 0;
}
