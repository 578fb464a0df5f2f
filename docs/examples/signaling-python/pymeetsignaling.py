"""pymeetsignaling: the element of a process that sends and the one that receives have a session."""
import itertools
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtc", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstRtc, GstWebRTC

Gst.init(None)
lock = threading.RLock()
started = {}  # who is started, by role
meeting = []  # the id of the session, while there is one
numbers = itertools.count()


class MeetSignaling(GstRtc.Signaling):
    __gstmetadata__ = ("Meeting in a process", "Signaling/Network/WebRTC",
                       "Links a sender and a receiver of one process", "A stranger")

    def other(self):
        producer = self.get_role() == GstRtc.Role.PRODUCER
        return started.get(GstRtc.Role.CONSUMER if producer else GstRtc.Role.PRODUCER)

    def do_host_changed(self):  # asks both for a session, once there is media
        with lock:
            sender = started.get(GstRtc.Role.PRODUCER)
            receiver = started.get(GstRtc.Role.CONSUMER)
            if not sender or not receiver or not sender.get_live() or meeting:
                return
            meeting.append(f"meeting-{next(numbers)}")
        way = GstWebRTC.WebRTCRTPTransceiverDirection
        receiver.request_session(meeting[0], "sender", GstRtc.Offerer.PEER, way.RECVONLY, None, None)
        sender.request_session(meeting[0], "receiver", GstRtc.Offerer.HOST, way.SENDONLY, None, None)

    def do_send_description(self, session_id, kind, sdp):
        if peer := self.other():
            peer.receive_description(session_id, kind, sdp)

    def do_end_session(self, session_id, reason, text):
        meeting.clear()
        if peer := self.other():
            peer.close_session(session_id, reason, text)

    def do_start(self):
        started[self.get_role()] = self
        self.do_host_changed()
        return True

    def do_stop(self):
        started.pop(self.get_role(), None)
        meeting.clear()


__gstelementfactory__ = ("pymeetsignaling", Gst.Rank.NONE, MeetSignaling)
