#include "plugins/rtc/descriptorclaim.hpp"

#include "plugins/rtc/webrtcbinvalues.hpp"
#include "signaling/base/descriptors.hpp"

#include <algorithm>
#include <atomic>

namespace rtc {
namespace {

std::atomic<size_t> claimed{0};

} // namespace

// Seven for threads' loops and the bus, up to six more with its media and where it is recorded; a
// socket for each address of the machine, two more of each with TCP; and what asks a server.
size_t descriptors_of(bool ice_tcp, size_t ice_servers) {
    auto addresses = std::max<size_t>(count_addresses().value_or(0), 1);
    return 13 + addresses * (ice_tcp ? 3 : 1) + 2 * ice_servers;
}

std::unique_ptr<DescriptorClaim> DescriptorClaim::make(size_t count) {
    std::unique_ptr<DescriptorClaim> claim(new DescriptorClaim(count));
    auto all = claimed += count; // with those that others are about to open
    return free_descriptors() >= all + reserved_descriptors ? std::move(claim) : nullptr;
}

DescriptorClaim::~DescriptorClaim() {
    claimed -= count_;
}

} // namespace rtc
