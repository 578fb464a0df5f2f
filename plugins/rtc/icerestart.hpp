// ICE restarts (RFC 8445 section 9), which webrtcbin knows nothing of in any version: on the
// libnice agent that is inside it. The old path, where there is one yet, carries media until the
// new one is found; DTLS goes on.
#pragma once

#include "signaling/base/result.hpp"
#include "signaling/sdp/sdp.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rtc {

// The credentials of our side for the new generation. `ice` is webrtcbin's `ice-agent`; the bundle
// is its only stream. The error is for people.
Result<sdp::IceCredentials>
restart_ice(GObject* ice, const sdp::IceCredentials& remote,
            const std::vector<std::pair<guint, std::string>>& candidates);

} // namespace rtc
