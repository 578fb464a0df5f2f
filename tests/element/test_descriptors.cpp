// Where the process is short of file descriptors, sessions are refused in words, and those that are
// on go on. The limit is the whole process's.
#include "signaling/base/descriptors.hpp"
#include "tests/element/conformance.hpp"
#include "tests/element/two_ends.hpp"

#include "tests/support/noleakcheck.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace rtc;

namespace {

// Room for a call with both of its ends in this process, and a few more.
constexpr rlimit limits{128, 420};

constexpr char server[] =
    "rtcsrc name=src ice-timeout=0 signaling=\"whipserver port=0 address=127.0.0.1 rate-limit=0\"";

void counts_what_is_free() {
    raise_descriptor_limit();
    g_assert_cmpuint(descriptor_limit(), ==, limits.rlim_max);
    auto before = free_descriptors();
    g_assert_cmpuint(before, <, limits.rlim_max);
    std::vector<int> opened;
    for (int i = 0; i < 5; i++)
        opened.push_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    g_assert_cmpuint(free_descriptors(), ==, before - opened.size());
    for (int descriptor : opened)
        close(descriptor);
    g_assert_cmpuint(free_descriptors(), ==, before);
}

// A program that is started from here has the limit that this one was started with.
void gives_the_old_limit_to_children() {
    raise_descriptor_limit();
    const char* command[] = {"sh", "-c", "ulimit -Sn", nullptr};
    char* output = nullptr;
    g_assert_true(g_spawn_sync(
        nullptr, const_cast<char**>(command), nullptr, G_SPAWN_SEARCH_PATH,
        [](gpointer) { restore_descriptor_limit(); }, nullptr, &output, nullptr, nullptr, nullptr));
    Owned<char> owned{output};
    g_assert_cmpstr(output, ==, "128\n");
}

std::string caller(const std::string& url) {
    return "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! rtcsink "
           "name=sink signaling=\"whipclient endpoint=" +
           url + "\" audiotestsrc is-live=true ! sink.";
}

void wait_for_more(Arrivals& arrivals) {
    auto before = arrivals.pads();
    arrivals.wait([&](const auto& pads) {
        return pads.size() == before.size() && std::ranges::all_of(pads, [&](const auto& entry) {
                   const auto& [name, pad] = entry;
                   return pad.buffers > before.at(name).buffers + 10;
               });
    });
}

// Whether a call was taken; what is not, is asked to come back.
bool is_taken(const http::Response& response) {
    if (response.status == 201)
        return true;
    g_assert_cmpuint(response.status, ==, 503);
    std::string retry_after(response.header("Retry-After"));
    g_assert_cmpuint(g_ascii_strtoull(retry_after.c_str(), nullptr, 10), >, 0);
    g_assert_true(test::has(response.text(), "file descriptors"));
    return false;
}

// Calls until one is refused: the URLs of those that were taken.
std::vector<std::string> fill(const std::string& url) {
    std::vector<std::string> taken;
    for (;;) {
        auto response = test::fetch(test::post_offer(url));
        if (!is_taken(response))
            return taken;
        taken.emplace_back(response.header("Location"));
        g_assert_cmpuint(taken.size(), <, limits.rlim_max);
    }
}

// All at once: those that the server has no descriptor for wait until others are answered.
void rush(const std::string& url) {
    auto offer = test::make_offer("sendonly");
    auto request = "POST /whip HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                   "Content-Type: application/sdp\r\n"
                   "Content-Length: " +
                   std::to_string(offer.size()) + "\r\n\r\n" + offer;
    std::vector<std::unique_ptr<test::RawClient>> clients;
    for (guint i = 0; i < 40; i++) {
        clients.push_back(std::make_unique<test::RawClient>(url));
        clients.back()->send(request);
    }
    for (auto& client : clients) {
        auto head = client->read_head();
        bool refused = test::has(head, "HTTP/1.1 503") && test::has(head, "Retry-After: ");
        g_assert_true(refused || test::has(head, "HTTP/1.1 201"));
        client->close();
    }
}

void refuses_while_they_are_short() {
    Pipeline receiver(server);
    auto source = receiver.element("src");
    Arrivals arrivals(receiver, source.get());
    receiver.play();
    g_assert_cmpuint(descriptor_limit(), ==, limits.rlim_max);

    auto url = receiver.wait_for_uri();
    Pipeline sender(caller(url).c_str());
    sender.play();
    arrivals.wait(both_flow);

    auto taken = fill(url);
    g_assert_cmpuint(taken.size(), >=, 3);
    g_assert_cmpuint(free_descriptors(), >=, reserved_descriptors);
    rush(url);
    g_assert_cmpuint(free_descriptors(), >, 0);
    wait_for_more(arrivals);
    g_assert_false(sender.has("rtc-session-ended"));

    // One that ends makes room; its sockets are closed a moment after.
    g_assert_cmpuint(test::fetch({"DELETE", taken.front()}).status, ==, 200);
    auto deadline = g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND;
    while (!is_taken(test::fetch(test::post_offer(url)))) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(10'000);
    }
    wait_for_more(arrivals);
    g_assert_true(receiver.error().empty());
}

} // namespace

int main(int argc, char** argv) {
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limits), ==, 0);
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/descriptors/counts-what-is-free", counts_what_is_free);
    g_test_add_func("/descriptors/old-limit-for-children", gives_the_old_limit_to_children);
    g_test_add_func("/descriptors/refuses-while-they-are-short", refuses_while_they_are_short);
    return g_test_run();
}
