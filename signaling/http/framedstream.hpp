// A client's stream as libsoup gets it: what is read comes through the Framing of its Connection,
// and no more at a turn of the loop than takes little time; what is written goes straight through.
//
// Life: made by the listener for a stream that is ready; keeps the remote address, and with it the
// Connection. Reads never block, for libsoup's server polls. On the loop's thread.
#pragma once

#include "signaling/base/refs.hpp"

#include <gio/gio.h>

namespace rtc::http {

// `remote` has a Connection.
Ref<GIOStream> make_framed_stream(Ref<GIOStream> base, Ref<GSocketAddress> remote);

} // namespace rtc::http
