#!/usr/bin/python3
"""Runs a pipeline with an rtcsink named "live", and tells what its viewers get: publisher.py PIPELINE

{picture} and {sound} in it are sources that flash and beep at the same moments, each second.
On standard output, a line of JSON each: {"event":"ready","uri":…}, then {"event":"stats",…}, which is
rtcsink's stats-json, twice a second. It ends with SIGTERM.
"""
import json
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

import flashbeep  # noqa: E402


def say(event, fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def main():
    Gst.init(None)
    text = sys.argv[1]
    flashes = "{picture}" in text
    for name, source in (("picture", flashbeep.PICTURE), ("sound", flashbeep.SOUND)):
        text = text.replace("{" + name + "}", source)
    pipeline = Gst.parse_launch(text)
    if flashes:
        flashbeep.set_up(pipeline)
    live = pipeline.get_by_name("live")
    loop = GLib.MainLoop()

    def on_message(bus, message):
        fields = message.get_structure()
        if message.type == Gst.MessageType.ELEMENT and fields.get_name() == "rtc-signaling-ready":
            say("ready", {"uri": fields.get_string("uri")})
        elif message.type == Gst.MessageType.ERROR:
            error, details = message.parse_error()
            print(error.message, details, file=sys.stderr, flush=True)
            loop.quit()

    def on_time():
        say("stats", json.loads(live.get_property("stats-json")))
        return True

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    GLib.timeout_add(500, on_time)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


main()
