#include "signaling/check/checks.hpp"

#include "signaling/check/alone.hpp"
#include "signaling/check/together.hpp"

namespace rtc::check {
namespace {

std::mutex log_mutex;
std::vector<std::string> log_lines;

GLogWriterOutput keep(GLogLevelFlags level, const GLogField* fields, gsize count, gpointer) {
    if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)) {
        Owned<char> text{g_log_writer_format_fields(level, fields, count, FALSE)};
        // GStreamer 1.22 says so of every element that is made in Python.
        if (strstr(text.get(), "The created element should be floating"))
            return G_LOG_WRITER_HANDLED;
        std::lock_guard lock(log_mutex);
        log_lines.emplace_back(text.get());
    }
    return G_LOG_WRITER_HANDLED;
}

} // namespace

void watch_logs() {
    g_log_set_writer_func(keep, nullptr, nullptr);
}

std::vector<std::string> logged() {
    std::lock_guard lock(log_mutex);
    return std::exchange(log_lines, {});
}

const std::vector<Check>& all_checks() {
    static const std::vector<Check> checks = {
        {"describes itself, and has no pads", describes_itself, false},
        {"keeps its secrets", keeps_secrets, false},
        {"comes and goes without being started", comes_and_goes, false},
        {"starts and stops, and leaves nothing behind", starts_and_stops, false},
        {"starts again", starts_again, false},
        {"takes each role, or says why not", takes_each_role_or_says_why, false},
        {"ignores what it is told of sessions that it does not know", ignores_strangers, false},
        {"stands a host's loop while it starts and stops", stands_threads, false},
        {"carries an offer and an answer unchanged", carries_descriptions, true},
        {"carries candidates in their order, if it trickles", carries_candidates_in_order, true},
        {"tells the peer of an end, once", tells_an_end_once, true},
        {"tells of a peer that stops", tells_of_a_peer_that_stops, true},
        {"meets again, by another id", meets_again, true},
    };
    return checks;
}

std::vector<Check> checks_for(const Subject& subject) {
    auto checks = all_checks();
    if (subject.partner.empty())
        std::erase_if(checks, [](const Check& check) { return check.needs_partner; });
    return checks;
}

Result<void> run(const Check& check, const Subject& subject) {
    if (check.needs_partner || subject.line.find(uri_of_other) == std::string::npos)
        return check.run(subject);
    auto partner = Host::started(subject.partner, other_role(subject.role));
    if (!partner)
        return partner.error();
    auto line = with_uri_of(**partner, subject.line);
    if (!line)
        return line.error();
    return check.run({*line, "", subject.role});
}

} // namespace rtc::check
