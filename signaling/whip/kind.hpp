// What the servers and the clients of WHIP and WHEP have in common.
#pragma once

#include <glib.h>

#include <chrono>

namespace rtc::whip {

using Time = std::chrono::steady_clock::time_point;
using Ticket = guint64; // names one HTTP request

enum class Kind {
    whip, // clients send, servers receive
    whep, // clients receive, servers send
};

} // namespace rtc::whip
