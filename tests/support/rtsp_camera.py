#!/usr/bin/python3
"""An RTSP camera: rtsp_camera.py PORT PATH. Prints "ready" once it listens."""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
port, path = sys.argv[1:]
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! "
    "video/x-h264,profile=constrained-baseline ! rtph264pay name=pay0 pt=96 )"
)
server = GstRtspServer.RTSPServer(service=port)
server.get_mount_points().add_factory(path, factory)
if not server.attach(None):
    sys.exit(f"port {port} can't be had")
print("ready", flush=True)
GLib.MainLoop().run()
