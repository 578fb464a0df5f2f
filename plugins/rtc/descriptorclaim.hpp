// The file descriptors that a session is going to open, from the time that it is admitted until it
// has opened them. Sessions of all elements of the process share what there is.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <memory>

namespace rtc {

// With its sockets, its threads' loops and, where it is recorded, its files.
size_t descriptors_of(bool ice_tcp, size_t ice_servers);

class DescriptorClaim {
public:
    // Nothing where the process has too few left, but for what it keeps in reserve.
    static std::unique_ptr<DescriptorClaim> make(size_t count);
    ~DescriptorClaim();
    DescriptorClaim(const DescriptorClaim&) = delete;
    DescriptorClaim& operator=(const DescriptorClaim&) = delete;

private:
    explicit DescriptorClaim(size_t count)
        : count_(count) {}

    const size_t count_;
};

} // namespace rtc
