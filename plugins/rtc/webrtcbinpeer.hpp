// A PeerConnection made of webrtcbin, in a pipeline of its own. The only file that names
// webrtcbin's signals and properties, and where differences between its versions live.
#pragma once

#include "plugins/rtc/peerconnection.hpp"
#include "signaling/base/loop.hpp"

namespace rtc {

// name: for logs and thread names. The listener is held weakly. Call on the loop's thread.
Result<std::shared_ptr<PeerConnection>>
make_webrtcbin_peer(std::shared_ptr<Loop> loop, const std::string& name,
                    const ConnectionSettings& settings,
                    std::weak_ptr<PeerConnection::Listener> listener);

// Does beforehand what the first session of a process would wait for: loading plugins, and making
// the DTLS key, an RSA one before 1.28, which can take a second. Any thread.
void warm_up_webrtcbin();

} // namespace rtc
