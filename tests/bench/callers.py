#!/usr/bin/python3
"""Callers for tests/bench/record: callers.py URL CALLS

Calls the WHIP endpoint CALLS times (RFC 9725) and sends each call the same media, encoded once:
H264 at about 175 packets a second and Opus at 50. Prints `sending` when every call is connected and
media flows, and `packets N` for each line of input, N being the packets sent to each call so far.
"""
import sys
import threading
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

# One SSRC and one payload type for all: each call is a connection of its own.
MEDIA = {
    "video": "videotestsrc is-live=true pattern=snow ! video/x-raw,width=640,height=360,framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=60 bitrate=1500 vbv-buf-capacity=100 ! "
    "video/x-h264,profile=constrained-baseline ! "
    "rtph264pay mtu=1200 config-interval=-1 aggregate-mode=zero-latency pt=96",
    "audio": "audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=48000,channels=1 ! opusenc ! rtpopuspay pt=97",
}


class Callers:
    def __init__(self, url, count):
        self.url = url
        self.loop = GLib.MainLoop()
        self.waiting = count
        self.failed = False
        self.packets = 0
        self.kept = []
        text = " ".join(
            f"{media} ! valve name={kind}_gate drop=true drop-mode=forward-sticky-events ! tee name={kind}"
            for kind, media in MEDIA.items()
        )
        for i in range(count):
            text += f" webrtcbin name=call{i} bundle-policy=max-bundle"
            for kind in MEDIA:
                text += f" {kind}. ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=2000 leaky=downstream ! call{i}."
        self.pipeline = Gst.parse_launch(text)
        for i in range(count):
            self.connect(self.pipeline.get_by_name(f"call{i}"))
        self.pipeline.get_bus().add_watch(GLib.PRIORITY_DEFAULT, self.on_message)
        for kind in MEDIA:
            pad = self.pipeline.get_by_name(kind).get_static_pad("sink")
            pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, self.count)

    def connect(self, call):
        ice = call.get_property("ice-agent")
        self.kept.append(ice)  # its reference was floating: it would go with the wrapper
        agent = ice.get_property("agent")
        agent.set_property("upnp", False)
        agent.set_property("ice-tcp", False)
        call.connect("on-negotiation-needed", self.offer)
        call.connect("notify::ice-gathering-state", self.gathered)
        call.connect("notify::connection-state", self.changed)

    def offer(self, call):
        def made(promise, *_):
            reply = promise.get_reply()  # it owns the offer
            call.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

        call.emit("create-offer", None, Gst.Promise.new_with_change_func(made))

    def gathered(self, call, _):
        if call.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            text = call.get_property("local-description").sdp.as_text()
            threading.Thread(target=self.post, args=(call, text), daemon=True).start()

    def post(self, call, offer):
        request = urllib.request.Request(self.url, offer.encode(), {"Content-Type": "application/sdp"})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                _, message = GstSdp.SDPMessage.new_from_text(response.read().decode())
        except OSError as error:
            return self.fail(f"{self.url}: {error}")
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        call.emit("set-remote-description", answer, Gst.Promise.new())

    def changed(self, call, _):
        state = call.get_property("connection-state")
        if state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            GLib.idle_add(self.connected)
        elif state == GstWebRTC.WebRTCPeerConnectionState.FAILED:
            self.fail("a call could not connect")

    def connected(self):
        self.waiting -= 1
        if self.waiting == 0:
            for kind in MEDIA:
                self.pipeline.get_by_name(f"{kind}_gate").set_property("drop", False)
            print("sending", flush=True)
        return GLib.SOURCE_REMOVE

    def count(self, _, info):
        self.packets += info.get_buffer_list().length() if info.type & Gst.PadProbeType.BUFFER_LIST else 1
        return Gst.PadProbeReturn.OK

    def on_message(self, _, message):
        if message.type == Gst.MessageType.ERROR:
            self.fail(message.parse_error()[0].message)
        return True

    def fail(self, text):
        print(text, file=sys.stderr, flush=True)
        self.failed = True
        self.loop.quit()

    def asked(self, channel, _):
        if not channel.readline():
            self.loop.quit()
            return GLib.SOURCE_REMOVE
        print(f"packets {self.packets}", flush=True)
        return GLib.SOURCE_CONTINUE

    def run(self):
        GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, self.asked)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        return 1 if self.failed else 0


Gst.init(None)
sys.exit(Callers(sys.argv[1], int(sys.argv[2])).run())
