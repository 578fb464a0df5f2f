// GstRtcRoomPeer: the abstract element behind roomserver and roomclient. Its host is a peer of a
// room; it has the properties of one, starts and stops its place with its state, and passes the
// host's words on.
#pragma once

#include "signaling/room/seat.hpp"

G_BEGIN_DECLS

#define GST_TYPE_RTC_ROOM_PEER (gst_rtc_room_peer_get_type())
GType gst_rtc_room_peer_get_type(void);

struct GstRtcRoomPeer {
    GstRtcSignaling parent;
};

struct GstRtcRoomPeerClass {
    GstRtcSignalingClass parent_class;
    // Goes to where the room is. The token and its file may be "".
    rtc::Result<std::shared_ptr<rtc::room::Place>> (*open)(GstRtcRoomPeer* self,
                                                           rtc::room::Part part, std::string token,
                                                           std::string token_file);
};

G_END_DECLS
