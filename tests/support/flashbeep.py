"""A caller whose picture flashes when its sound beeps, each second: plain webrtcbin and WHIP.

usage: flashbeep.py URL [milliseconds by which the picture is sent late]

Its sender reports tell when things were captured, not when they were sent, so a receiver that goes
by them shows both at once however late one of them comes.
"""
import sys
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstController", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstController, GstSdp, GstWebRTC  # noqa: E402

PIPELINE = """
webrtcbin name=peer bundle-policy=max-bundle
videotestsrc name=picture is-live=true pattern=solid-color !
    video/x-raw,format=I420,width=320,height=180,framerate=50/1 !
    vp8enc deadline=1 cpu-used=16 keyframe-max-dist=50 target-bitrate=500000 !
    queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 min-threshold-time={late} !
    rtpvp8pay pt=96 ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer.
audiotestsrc is-live=true wave=ticks freq=1000 sine-periods-per-tick=30 samplesperbuffer=480 !
    audio/x-raw,rate=48000,channels=1 ! opusenc frame-size=10 !
    rtpopuspay pt=97 ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.
"""
FLASH = Gst.SECOND // 5


def flash(picture):
    source = GstController.InterpolationControlSource()
    source.props.mode = GstController.InterpolationMode.NONE
    for second in range(3600):
        source.set(second * Gst.SECOND, 1.0)
        source.set(second * Gst.SECOND + FLASH, 0.0)
    picture.add_control_binding(
        GstController.DirectControlBinding.new(picture, "foreground-color", source)
    )


def post(url, text):
    request = urllib.request.Request(url, text.encode(), {"Content-Type": "application/sdp"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read().decode()


def main():
    Gst.init(None)
    url = sys.argv[1]
    late = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    pipeline = Gst.parse_launch(PIPELINE.format(late=late * Gst.MSECOND))
    flash(pipeline.get_by_name("picture"))
    peer = pipeline.get_by_name("peer")
    peer.get_by_name("rtpbin").set_property("rtcp-sync-send-time", False)

    def gathered(*_):
        if peer.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        GLib.idle_add(negotiate)

    def negotiate():
        offer = peer.get_property("local-description").sdp.as_text()
        _, sdp = GstSdp.SDPMessage.new_from_text(post(url, offer))
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        peer.emit("set-remote-description", answer, None)
        return False

    def offered(promise, *_):
        promise.wait()
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        text = offer.sdp.as_text()
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        own = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, sdp)
        peer.emit("set-local-description", own, None)

    peer.connect("notify::ice-gathering-state", gathered)
    peer.connect(
        "on-negotiation-needed",
        lambda *_: peer.emit(
            "create-offer", None, Gst.Promise.new_with_change_func(offered, None)
        ),
    )
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, 15, loop.quit)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


main()
