// A subscription to a stream with several rungs, or with temporal layers: to one rung, and for a
// moment to the next.
#pragma once

#include "plugins/publish/ladder.hpp"
#include "plugins/publish/publisher.hpp"

#include <functional>

namespace rtc {

// open: subscribes to a rung; may start its encoder, so it may take a while; nullptr where it can't
// be had. Called on a helper thread, but for the first. nullptr: no rung can be had.
using OpenRung = std::function<std::unique_ptr<Subscription>(
    size_t rung, const SendParameters& parameters, std::shared_ptr<Transport> transport)>;
// ladder: what the rungs take now; always as many. Called when the estimate has changed, on the
// thread that says so.
using AskLadder = std::function<Ladder()>;
std::unique_ptr<Subscription> subscribe_to_ladder(AskLadder ladder,
                                                  const SendParameters& parameters,
                                                  std::shared_ptr<Transport> transport,
                                                  OpenRung open);

} // namespace rtc
