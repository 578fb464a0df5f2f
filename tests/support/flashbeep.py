"""A caller whose picture flashes when its sound beeps, each second: plain webrtcbin and WHIP.

usage: flashbeep.py URL [LATE [CAMERA [CODEC]]]
    LATE: milliseconds by which the picture is sent late; CAMERA: milliseconds from the start until the
    camera is switched on; CODEC: VP8 or H264

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

PICTURE = """videotestsrc name=picture is-live=true pattern=solid-color !
    video/x-raw,format=I420,width=320,height=180,framerate=50/1"""
SOUND = """audiotestsrc name=sound is-live=true wave=ticks freq=1000 sine-periods-per-tick=30
    samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=1"""
PIPELINE = """
webrtcbin name=peer bundle-policy=max-bundle
{picture} !
    {encoder} !
    queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 min-threshold-time={late} !
    {payloader} pt=96 ! application/x-rtp,media=video,encoding-name={codec},payload=96 !
    valve name=camera drop=true drop-mode=forward-sticky-events ! peer.
{sound} ! opusenc frame-size=10 !
    rtpopuspay pt=97 ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer.
"""
CODECS = {
    "VP8": ("vp8enc deadline=1 cpu-used=16 keyframe-max-dist=50 target-bitrate=500000", "rtpvp8pay"),
    "H264": (
        "x264enc threads=1 tune=zerolatency speed-preset=ultrafast key-int-max=50 bitrate=500 ! "
        "video/x-h264,profile=constrained-baseline",
        "rtph264pay config-interval=-1 aggregate-mode=zero-latency",
    ),
}
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


def from_zero(source):
    """A live test source counts from its own start, each a little later than the other."""

    def first(pad, info):
        pad.set_offset(-info.get_buffer().pts)
        return Gst.PadProbeReturn.REMOVE

    source.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, first)


def set_up(pipeline):
    """Makes its picture flash when its sound beeps."""
    flash(pipeline.get_by_name("picture"))
    for name in ("picture", "sound"):
        from_zero(pipeline.get_by_name(name))


def post(url, text):
    request = urllib.request.Request(url, text.encode(), {"Content-Type": "application/sdp"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read().decode()


def main():
    Gst.init(None)
    url, late, camera, codec = (sys.argv[1:] + ["0", "0", "VP8"][len(sys.argv) - 2 :])[:4]
    encoder, payloader = CODECS[codec]
    pipeline = Gst.parse_launch(
        PIPELINE.format(
            picture=PICTURE,
            sound=SOUND,
            late=int(late) * Gst.MSECOND,
            encoder=encoder,
            payloader=payloader,
            codec=codec,
        )
    )
    set_up(pipeline)
    peer = pipeline.get_by_name("peer")
    peer.get_by_name("rtpbin").set_property("rtcp-sync-send-time", False)

    def switch_on():
        pipeline.get_by_name("camera").set_property("drop", False)
        return False

    GLib.timeout_add(int(camera), switch_on)

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


if __name__ == "__main__":
    main()
