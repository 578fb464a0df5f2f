#include "plugins/rtc/candidatebudget.hpp"

#include <algorithm>

namespace rtc {

bool CandidateBudget::take(gint64 now) {
    auto passed = double(now - std::min(filled_, now)) / G_USEC_PER_SEC;
    left_ = std::min(left_ + passed * per_second, most_at_once);
    filled_ = now;
    if (left_ < 1)
        return false;
    left_ -= 1;
    return true;
}

bool CandidateBudget::admit(const sdp::Candidate& candidate, gint64 now) {
    if (!candidate.is_usable())
        return false;
    if (candidate.tcp_type == "active") // nothing is sent there
        return true;
    auto address = candidate.canonical_address();
    auto key = std::tuple(candidate.transport, address, candidate.port);
    if (admitted_.contains(key))
        return true;
    auto& count = of_address_[address];
    if (count >= most_of_address || !take(now))
        return false;
    count++;
    admitted_.insert(std::move(key));
    return true;
}

void CandidateBudget::restart() {
    admitted_.clear();
    of_address_.clear();
}

} // namespace rtc
