// The way that an ICE agent of libnice has found: straight to its UDP socket where the selected
// pair is one of plain UDP, through the agent where it is relayed or TCP. Follows the agent when it
// selects another pair.
#pragma once

#include "plugins/transport/path.hpp"
#include "signaling/base/refs.hpp"

#include <memory>

namespace rtc {

// agent: a NiceAgent; stream, component: as its nicesink has them.
std::unique_ptr<Path> make_nice_path(GObject* agent, guint stream, guint component);

} // namespace rtc
