// rtc-signaling-check: puts a signaling element through the rules that hosts rely on.
#include "signaling/check/checks.hpp"

#include <cstdlib>
#include <thread>

using namespace rtc;
using namespace rtc::check;

namespace {

constexpr auto longest_check = std::chrono::seconds(150);

constexpr const char* summary =
    "Checks a signaling element against the rules of docs/write-a-signaling-element.md, and prints "
    "TAP.\n"
    "The exit code is 0 if all of them hold.\n\n"
    "  rtc-signaling-check mysignaling\n"
    "  rtc-signaling-check \"mysignaling place=hall\" --with \"mysignaling place=hall\"\n"
    "  rtc-signaling-check \"whipserver port=0\" --role consumer --with \"whipclient "
    "endpoint={uri}\"\n"
    "  rtc-signaling-check \"whipclient endpoint={uri}\" --with \"whipserver port=0\"";

struct Options {
    Owned<char> partner, role;
    std::vector<std::string> rest;
};

Result<Options> read_options(int argc, char** argv) {
    char *partner = nullptr, *role = nullptr;
    char** rest = nullptr;
    const GOptionEntry entries[] = {
        {"with", 'w', 0, G_OPTION_ARG_STRING, &partner,
         "The element to have sessions with. {uri} in one of the two is what the other announces",
         "ELEMENT"},
        {"role", 'r', 0, G_OPTION_ARG_STRING, &role,
         "What the first element's host does: producer (default) or consumer", "ROLE"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &rest, nullptr, "ELEMENT"},
        {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
    auto* context = g_option_context_new(nullptr);
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, nullptr);
    g_option_context_add_group(context, gst_init_get_option_group());
    GError* error = nullptr;
    bool parsed = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    Options options{Owned<char>(partner), Owned<char>(role), {}};
    for (char** word = rest; word && *word; word++)
        options.rest.emplace_back(*word);
    g_strfreev(rest);
    Owned<GError> owned{error};
    if (!parsed)
        return Error{owned->message};
    if (options.rest.empty())
        return Error{"name an element; --help tells more"};
    return options;
}

Result<Subject> subject_of(const Options& options) {
    Subject subject;
    for (const auto& word : options.rest)
        subject.line += (subject.line.empty() ? "" : " ") + word;
    subject.partner = options.partner ? options.partner.get() : "";
    std::string role = options.role ? options.role.get() : "producer";
    if (role != "producer" && role != "consumer")
        return Error{"--role is producer or consumer"};
    bool met = subject.line.find(uri_of_other) != std::string::npos;
    if (met && subject.partner.empty())
        return Error{"whose {uri}? Name the other element with --with"};
    if (met && subject.partner.find(uri_of_other) != std::string::npos)
        return Error{"{uri} is in both elements: one of them has to start first"};
    subject.role = role == "producer" ? GST_RTC_ROLE_PRODUCER : GST_RTC_ROLE_CONSUMER;
    return subject;
}

// A check that hangs is told of, too.
class Watchdog {
public:
    Watchdog() {
        thread_ = std::thread([this] { watch(); });
    }
    ~Watchdog() {
        begin(nullptr);
        thread_.join();
    }
    void begin(const char* name) {
        std::lock_guard lock(mutex_);
        name_ = name;
        round_++;
        changed_.notify_all();
    }

private:
    void watch() {
        std::unique_lock lock(mutex_);
        while (round_ == 0 || name_) {
            auto round = round_;
            if (changed_.wait_for(lock, longest_check, [&] { return round_ != round; }))
                continue;
            if (!name_)
                continue;
            g_print("Bail out! \"%s\" hangs: something waits for ever\n", name_);
            _Exit(2);
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    const char* name_ = nullptr;
    int round_ = 0;
    std::thread thread_;
};

bool passes(const Check& check, const Subject& subject, size_t number) {
    auto result = run(check, subject);
    auto warnings = logged();
    bool passed = result && warnings.empty();
    g_print("%sok %zu - %s\n", passed ? "" : "not ", number, check.name);
    if (!result)
        g_print("# %s\n", result.error().message.c_str());
    for (const auto& line : warnings)
        g_print("# it was logged: %s\n", line.c_str());
    return passed;
}

} // namespace

int main(int argc, char** argv) {
    auto options = read_options(argc, argv);
    auto subject = options ? subject_of(*options) : Result<Subject>(options.error());
    if (!subject) {
        g_printerr("rtc-signaling-check: %s\n", subject.error().message.c_str());
        return 2;
    }
    watch_logs();
    auto checks = checks_for(*subject);
    g_print("1..%zu\n", checks.size());
    if (subject->partner.empty())
        g_print("# by itself: what two do together is checked with --with\n");
    bool passed = true;
    Watchdog watchdog;
    for (size_t i = 0; i < checks.size(); i++) {
        watchdog.begin(checks[i].name);
        passed = passes(checks[i], *subject, i + 1) && passed;
    }
    return passed ? 0 : 1;
}
