#!/usr/bin/python3
"""aiortc as a WHIP caller or a WHEP viewer: aiortc_peer.py call|watch URL [PAYLOAD]

Says "media N" once N frames came (watch) or were taken from the source (call), hangs up by DELETE
and says "ended STATUS". A caller with a PAYLOAD, in hexadecimal, sends that in the place of every
90th picture, says "broken N" each time, and goes on until it is stopped.
"""
import asyncio
import sys
import urllib.request

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

FRAMES = 30
PICTURES_TO_BROKEN = 90


def http(method, url, body=None):
    headers = {"Content-Type": "application/sdp"} if body else {}
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as response:
        return response.status, response.headers, response.read().decode()


def break_pictures(payload):
    """Of VP8, which it offers first."""
    encode = Vp8Encoder.encode
    count = 0

    def broken(self, frame, force_keyframe=False):
        nonlocal count
        payloads, timestamp = encode(self, frame, force_keyframe)
        count += 1
        if count % PICTURES_TO_BROKEN:
            return payloads, timestamp
        print("broken", count // PICTURES_TO_BROKEN, flush=True)
        return [payload], timestamp

    Vp8Encoder.encode = broken


async def media(way, pc):
    if way == "call":
        while True:
            report = await pc.getStats()
            sent = [s.packetsSent for s in report.values() if s.type == "outbound-rtp"]
            if sent and min(sent) > FRAMES:
                return
            await asyncio.sleep(0.1)
    (track,) = [t.receiver.track for t in pc.getTransceivers() if t.kind == "video"]
    for _ in range(FRAMES):
        await track.recv()


async def main(way, url, payload=None):
    pc = RTCPeerConnection()
    if payload:
        break_pictures(bytes.fromhex(payload))
    if way == "call":
        pc.addTrack(AudioStreamTrack())
        pc.addTrack(VideoStreamTrack())
        for transceiver in pc.getTransceivers():
            transceiver.direction = "sendonly"
    else:
        pc.addTransceiver("video", direction="recvonly")
    await pc.setLocalDescription(await pc.createOffer())
    status, headers, answer = http("POST", url, pc.localDescription.sdp.encode())
    print("answered", status, flush=True)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.wait_for(media(way, pc), 60)
    print("media", FRAMES, flush=True)
    if payload:
        await asyncio.Event().wait()
    status, _, _ = http("DELETE", headers["Location"])
    print("ended", status, flush=True)
    await pc.close()


asyncio.run(main(*sys.argv[1:]))
