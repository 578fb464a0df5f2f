#!/usr/bin/python3
"""Drives a signaling element made outside the tree, as two hosts: hosts.py FACTORY [MODULE]

Both hosts are in this process. What one sends through the element's virtual functions must reach
the other as the base class's signals. Speaks TAP.
"""
import importlib.util
import sys
import traceback

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtc", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstRtc, GstWebRTC

Gst.init(None)
OFFER, ANSWER = GstWebRTC.WebRTCSDPType.OFFER, GstWebRTC.WebRTCSDPType.ANSWER


class Host:
    """An element that uses a signaling element, and writes down what that one tells it."""

    def __init__(self, factory, role):
        self.heard = []
        self.signaling = Gst.ElementFactory.make(factory, None)
        assert self.signaling, f"there is no element {factory}"
        self.signaling.set_host(role, ["stun://stun.example:3478"])
        for name in ("session-requested", "description-received", "candidate-received",
                     "session-closed"):
            self.signaling.connect(name, lambda _, *args, name=name: self.heard.append((name, *args)))

    def names(self):
        return [event[0] for event in self.heard]


def start(factory):
    sender = Host(factory, GstRtc.Role.PRODUCER)
    receiver = Host(factory, GstRtc.Role.CONSUMER)
    for host in (receiver, sender):
        host.signaling.set_live(host is receiver)
        assert host.signaling.set_state(Gst.State.PLAYING) != Gst.StateChangeReturn.FAILURE
    return sender, receiver


def stop(*hosts):
    for host in hosts:
        host.signaling.set_state(Gst.State.NULL)


def test_is_a_signaling_element(factory):
    element = Gst.ElementFactory.make(factory, None)
    assert isinstance(element, GstRtc.Signaling), type(element)
    assert element.get_factory().get_metadata("klass") == "Signaling/Network/WebRTC"


def test_waits_for_media(factory):
    sender, receiver = start(factory)
    assert sender.heard == [] and receiver.heard == [], (sender.heard, receiver.heard)
    sender.signaling.set_live(True)
    assert sender.names() == receiver.names() == ["session-requested"], sender.heard
    _, ours, peer, offerer, direction, servers, _ = sender.heard[0]
    assert (peer, offerer) == ("receiver", GstRtc.Offerer.HOST), sender.heard
    assert direction == GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
    assert not servers
    assert receiver.heard[0][1] == ours and receiver.heard[0][3] == GstRtc.Offerer.PEER
    stop(sender, receiver)


def test_descriptions_travel_both_ways(factory):
    sender, receiver = start(factory)
    sender.signaling.set_live(True)
    session = sender.heard[0][1]
    sender.signaling.send_description(session, OFFER, "v=0\r\noffer")
    assert receiver.heard[-1] == ("description-received", session, OFFER, "v=0\r\noffer")
    receiver.signaling.send_description(session, ANSWER, "v=0\r\nanswer")
    assert sender.heard[-1] == ("description-received", session, ANSWER, "v=0\r\nanswer")
    stop(sender, receiver)


def test_an_end_is_told_and_a_new_session_has_a_new_id(factory):
    sender, receiver = start(factory)
    sender.signaling.set_live(True)
    session = sender.heard[0][1]
    receiver.signaling.end_session(session, GstRtc.EndReason.HANGUP, "bye")
    assert sender.heard[-1] == ("session-closed", session, GstRtc.EndReason.HANGUP, "bye")
    sender.signaling.set_live(False)
    sender.signaling.set_live(True)
    assert sender.heard[-1][0] == "session-requested" and sender.heard[-1][1] != session
    receiver.signaling.end_session(sender.heard[-1][1], GstRtc.EndReason.SHUTDOWN, "")
    stop(sender, receiver)


def main():
    factory = sys.argv[1]
    if len(sys.argv) > 2:
        spec = importlib.util.spec_from_file_location(factory, sys.argv[2])
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        name, rank, kind = module.__gstelementfactory__
        assert Gst.Element.register(None, name, rank, kind)
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = False
    for number, (name, test) in enumerate(tests, 1):
        try:
            test(factory)
            print(f"ok {number} - {factory}: {name[5:]}")
        except Exception:  # an example's mistake must not hide the other tests
            failed = True
            print(f"not ok {number} - {factory}: {name[5:]}")
            print("".join("# " + line for line in traceback.format_exc().splitlines(True)))
    sys.exit(failed)


main()
