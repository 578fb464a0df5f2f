// What rtc-room-server is told, and what it tells.
#include "signaling/room-server/monitor.hpp"
#include "signaling/room-server/options.hpp"
#include "signaling/room-server/rediscluster.hpp"
#include "tests/support/sametext.hpp"

#include <glib/gstdio.h>

using namespace rtc;

namespace {

Result<RoomServerOptions> read(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    return read_arguments(arguments);
}

void options_are_read() {
    auto usual = read({});
    g_assert_cmpuint(usual->port, ==, 8443);
    g_assert_true(usual->rooms_by_path);
    auto options = read({"--port=9000", "--rooms-by-path=false", "--redis=a:1", "--pages"});
    g_assert_false(bool(options)); // there are none
    options = read({"--port=9000", "--rooms-by-path=false", "--redis=a:1"});
    g_assert_cmpuint(options->port, ==, 9000);
    g_assert_false(options->rooms_by_path);
    RTC_ASSERT_TEXT(options->redis, "a:1");
    RoomServerOptions file;
    g_assert_true(bool(read_config(file, "# x\n[server]\nport=9001\nrooms-by-path=false\n")));
    g_assert_cmpuint(file.port, ==, 9001);
    for (const auto& row : room_server_options())
        g_assert_true(help_text().find(std::string("--") + row.name) != std::string::npos);
}

void the_command_line_wins_over_the_file() {
    Owned<char> name{g_build_filename(g_get_tmp_dir(), "rtc-room-server-XXXXXX", nullptr)};
    int fd = g_mkstemp(name.get());
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, nullptr);
    g_assert_true(g_file_set_contents(name.get(), "[server]\nport=1\nmax-peers=2\n", -1, nullptr));
    auto options = read({"--port=9000", std::string("--config=") + name.get()});
    g_unlink(name.get());
    g_assert_cmpuint(options->port, ==, 9000);
    g_assert_cmpuint(options->max_peers, ==, 2);
}

void what_makes_no_sense_is_refused() {
    const std::pair<std::vector<std::string>, const char*> rows[] = {
        {{"--port=65536"}, "0 to 65535"},
        {{"--port=x"}, "0 to 65535"},
        {{"--port="}, "0 to 65535"},
        {{"--rooms-by-path=perhaps"}, "true or false"},
        {{"--nonsense=1"}, "nonsense"},
        {{"8443"}, "no option"},
        {{"--config=/nonexistent"}, "/nonexistent"},
    };
    for (const auto& [words, text] : rows) {
        auto options = read(words);
        g_assert_false(bool(options));
        g_assert_true(options.error().message.find(text) != std::string::npos);
    }
    RoomServerOptions options;
    g_assert_false(bool(read_config(options, "port=1")));
    g_assert_false(bool(read_config(options, "[other]\nport=1\n")));
    g_assert_false(bool(read_config(options, "[server]\nport=many\n")));
}

void redis_addresses() {
    auto address = read_redis_address("127.0.0.1:6380", "");
    RTC_ASSERT_TEXT(address->host, "127.0.0.1");
    g_assert_cmpint(address->port, ==, 6380);
    g_assert_cmpint(read_redis_address("redis.example", "")->port, ==, 6379);
    RTC_ASSERT_TEXT(read_redis_address("[::1]:6380", "")->host, "::1");
    g_assert_false(bool(read_redis_address("host:port", "")));
    g_assert_false(bool(read_redis_address("host", "/nonexistent")));
}

// https://prometheus.io/docs/instrumenting/exposition_formats/
void metrics_are_prometheus_text() {
    room::Figures figures;
    figures.peers = 3;
    figures.connections = 12;
    auto text = metrics_text(figures, true);
    for (auto* line : {"# TYPE rtc_room_peers gauge\n", "\nrtc_room_peers 3\n",
                       "# TYPE rtc_room_connections_total counter\n",
                       "\nrtc_room_connections_total 12\n", "\nrtc_room_draining 1\n"})
        g_assert_true(text.find(line) != std::string::npos);
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/room-server/options", options_are_read);
    g_test_add_func("/room-server/file", the_command_line_wins_over_the_file);
    g_test_add_func("/room-server/refused", what_makes_no_sense_is_refused);
    g_test_add_func("/room-server/redis", redis_addresses);
    g_test_add_func("/room-server/metrics", metrics_are_prometheus_text);
    return g_test_run();
}
