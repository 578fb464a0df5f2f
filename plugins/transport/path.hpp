// Where a session's datagrams go.
#pragma once

#include "plugins/transport/datagrams.hpp"

namespace rtc {

class Path {
public:
    virtual ~Path() = default;
    // Returns how many went. Never blocks. One thread at a time.
    virtual size_t send(Datagrams datagrams) = 0;
};

} // namespace rtc
