#include "plugins/rtc/candidatebudget.hpp"

using namespace rtc;

namespace {

constexpr gint64 second = G_USEC_PER_SEC;

sdp::Candidate candidate(const std::string& address, guint port = 9000,
                         const std::string& rest = "typ host", const char* transport = "udp") {
    return *sdp::parse_candidate("1 1 " + std::string(transport) + " 1 " + address + " " +
                                 std::to_string(port) + " " + rest);
}

std::string address(guint number) {
    return "192.0." + std::to_string(2 + number / 250) + "." + std::to_string(1 + number % 250);
}

void takes_what_browsers_send() {
    CandidateBudget budget;
    for (int section = 0; section < 3; section++) {
        for (const char* own : {"10.0.0.7", "fd00::2", "2001:db8::7"}) {
            g_assert_true(budget.admit(candidate(own, 50000), 0));
            g_assert_true(budget.admit(candidate(own, 9, "typ host tcptype active", "tcp"), 0));
        }
        g_assert_true(budget.admit(candidate("203.0.113.5", 50000, "typ srflx"), 0));
        for (guint relay = 0; relay < 3; relay++)
            g_assert_true(budget.admit(candidate("198.51.100.9", 60000 + relay, "typ relay"), 0));
    }
}

// However its address is written.
void bounds_ports_of_an_address() {
    CandidateBudget budget;
    guint admitted = 0;
    for (guint port = 2000; port < 2100; port++)
        for (const char* written : {"192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"})
            admitted += budget.admit(candidate(written, port), 0);
    g_assert_cmpuint(admitted, ==, 3 * CandidateBudget::most_of_address);
    g_assert_true(budget.admit(candidate("192.0.2.1", 2000), 0)); // which came
    g_assert_true(budget.admit(candidate("192.0.2.2", 2000), 0));
}

// So many at once, and one each second.
void bounds_addresses() {
    CandidateBudget budget;
    guint next = 0;
    auto admitted = [&](gint64 now) {
        guint count = 0;
        for (guint i = 0; i < 100; i++)
            count += budget.admit(candidate(address(next++)), now);
        return count;
    };
    auto at_once = guint(CandidateBudget::most_at_once);
    g_assert_cmpuint(admitted(5 * second), ==, at_once);
    g_assert_cmpuint(admitted(5 * second), ==, 0);
    g_assert_cmpuint(admitted(8 * second), ==, 3);
    g_assert_cmpuint(admitted(1000 * second), ==, at_once);
}

// Another generation is tried anew, and no more often than others.
void restarts_cost() {
    CandidateBudget budget;
    guint admitted = 0;
    for (guint restart = 0; restart < 100; restart++) {
        for (guint port = 2000; port < 2002; port++)
            admitted += budget.admit(candidate("192.0.2.1", port), second);
        budget.restart();
    }
    g_assert_cmpuint(admitted, ==, CandidateBudget::most_at_once);
}

void refuses_what_makes_no_sense() {
    CandidateBudget budget;
    for (const char* nobody : {"0.0.0.0", "255.255.255.255", "224.0.0.251", "::", "ff02::fb",
                               "host.example", "0c5a-11.local"})
        g_assert_false(budget.admit(candidate(nobody), 0));
    for (guint port : {0, 53, 123, 1023})
        g_assert_false(budget.admit(candidate("192.0.2.1", port), 0));
}

} // namespace

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, nullptr);
    g_test_add_func("/candidate-budget/what-browsers-send", takes_what_browsers_send);
    g_test_add_func("/candidate-budget/ports-of-an-address", bounds_ports_of_an_address);
    g_test_add_func("/candidate-budget/addresses", bounds_addresses);
    g_test_add_func("/candidate-budget/restarts", restarts_cost);
    g_test_add_func("/candidate-budget/no-sense", refuses_what_makes_no_sense);
    return g_test_run();
}
