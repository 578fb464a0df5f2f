// The rules of docs/write-a-signaling-element.md as checks that any signaling element can be put
// through.
#pragma once

#include "signaling/check/host.hpp"

namespace rtc::check {

struct Subject {
    std::string line;                        // the element with its properties
    std::string partner;                     // another that it meets; "" for none
    GstRtcRole role = GST_RTC_ROLE_PRODUCER; // of the element; the partner has the other one
};

struct Check {
    const char* name;
    Result<void> (*run)(const Subject& subject);
    bool needs_partner;
};
const std::vector<Check>& all_checks();
// Those that can be run: without a partner, what needs none.
std::vector<Check> checks_for(const Subject& subject);
// Where the element takes the partner's URI, checks of it by itself have a partner there, too.
Result<void> run(const Check& check, const Subject& subject);

// Critical and other warnings of the libraries since the last call: each is a fault.
void watch_logs();
std::vector<std::string> logged();

} // namespace rtc::check
