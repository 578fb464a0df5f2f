#!/usr/bin/python3
"""What tests/bench/record compares with: plainrecorder.py FOLDER

Records each WHIP call as an application would that has GStreamer alone: webrtcbin, depayloaders,
parsers, matroskamux, filesink. Prints `url URL`; ends, with the files finished, when its input ends.
"""
import http.server
import itertools
import pathlib
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402

CALL = (
    "webrtcbin name=call bundle-policy=max-bundle matroskamux name=mux ! filesink name=file async=false sync=false "
    "rtph264depay name=video ! h264parse ! mux.video_0 rtpopusdepay name=audio ! opusparse ! mux.audio_0"
)


class Call:
    def __init__(self, location):
        self.pipeline = Gst.parse_launch(CALL)
        self.pipeline.get_by_name("file").set_property("location", str(location))
        self.bin = self.pipeline.get_by_name("call")
        self.ice = self.bin.get_property("ice-agent")  # its reference was floating: kept with the call
        agent = self.ice.get_property("agent")
        agent.set_property("upnp", False)
        agent.set_property("ice-tcp", False)
        self.bin.connect("pad-added", self.pad_added)
        self.answered = threading.Event()
        self.ended = threading.Event()
        pad = self.pipeline.get_by_name("file").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self.file_event)
        self.bin.connect("notify::ice-gathering-state", self.gathered)
        self.pipeline.set_state(Gst.State.PLAYING)

    def pad_added(self, _, pad):
        media = pad.get_current_caps().get_structure(0).get_string("media")
        pad.link(self.pipeline.get_by_name(media).get_static_pad("sink"))

    def gathered(self, *_):
        if self.bin.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.answered.set()

    def ask(self, action, argument):
        promise = Gst.Promise.new()
        self.bin.emit(action, argument, promise)
        promise.wait()
        return promise.get_reply()

    def answer(self, offer):
        _, message = GstSdp.SDPMessage.new_from_text(offer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, message)
        self.ask("set-remote-description", description)
        reply = self.ask("create-answer", None)  # it owns the answer
        self.ask("set-local-description", reply.get_value("answer"))
        if not self.answered.wait(60):
            raise RuntimeError("no candidates")
        return self.bin.get_property("local-description").sdp.as_text()

    def end(self):
        for kind in ("video", "audio"):
            self.pipeline.get_by_name(kind).send_event(Gst.Event.new_eos())

    def file_event(self, _, info):
        if info.get_event().type == Gst.EventType.EOS:
            self.ended.set()
        return Gst.PadProbeReturn.OK

    def close(self):
        self.ended.wait(10)
        self.pipeline.set_state(Gst.State.NULL)


Gst.init(None)
folder = pathlib.Path(sys.argv[1])
calls = []
numbers = itertools.count(1)


class Whip(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        call = Call(folder / f"{next(numbers)}.mkv")
        calls.append(call)
        body = call.answer(self.rfile.read(int(self.headers["Content-Length"])).decode()).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/sdp")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Whip)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"url http://127.0.0.1:{server.server_port}/", flush=True)
sys.stdin.read()
for call in calls:
    call.end()
for call in calls:
    call.close()
