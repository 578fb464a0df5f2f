#!/usr/bin/python3
"""A WHIP and WHEP endpoint that is not ours, by aiortc: aiortc_endpoint.py PORT [--counter-offer]

/whip takes media in and prints `received KIND COUNT` for every 30th frame; /whep gives a green
picture and silence, and with --counter-offer makes the offer itself (406, answered by PATCH). What
is asked is printed as `METHOD PATH STATUS`; GET /quit ends all sessions without a word to the peers.
"""
import asyncio
import secrets
import sys

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
REASONS = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 404: "Not Found",
           406: "Not Acceptable", 412: "Precondition Failed", 415: "Unsupported Media Type"}
sessions = {}
counter_offer = "--counter-offer" in sys.argv


def say(*words):
    print(*words, flush=True)


async def count(track):
    frames = 0
    while True:
        try:
            await track.recv()
        except Exception:  # aiortc's MediaStreamError: the end
            say("ended", track.kind)
            return
        frames += 1
        if frames % 30 == 0:
            say("received", track.kind, frames)


async def negotiate_whip(peer, body):
    tasks = []
    peer.on("track", lambda track: tasks.append(asyncio.ensure_future(count(track))))
    await peer.setRemoteDescription(RTCSessionDescription(body, "offer"))
    await peer.setLocalDescription(await peer.createAnswer())
    return 201


async def negotiate_whep(peer, body):
    peer.addTrack(VideoStreamTrack())
    peer.addTrack(AudioStreamTrack())
    if counter_offer:
        await peer.setLocalDescription(await peer.createOffer())
        return 406
    await peer.setRemoteDescription(RTCSessionDescription(body, "offer"))
    await peer.setLocalDescription(await peer.createAnswer())
    return 201


async def post(path, headers, body):
    if headers.get("content-type") != SDP:
        return 415, {}, ""
    peer = RTCPeerConnection()
    peer.on("connectionstatechange", lambda: say("state", peer.connectionState))
    status = await (negotiate_whip if path == "/whip" else negotiate_whep)(peer, body)
    url = f"/session/{secrets.token_hex(8)}"
    tag = f'"{secrets.token_hex(4)}"'
    sessions[url] = (peer, tag)
    return status, {"Content-Type": SDP, "Location": url, "ETag": tag}, peer.localDescription.sdp


async def patch(url, headers, body):
    peer, tag = sessions[url]
    if headers.get("if-match") != tag:
        return 412, {}, ""
    if headers.get("content-type") == SDP:
        await peer.setRemoteDescription(RTCSessionDescription(body, "answer"))
        return 204, {}, ""
    if headers.get("content-type") != FRAGMENT:
        return 415, {}, ""
    mid = "0"
    for line in body.splitlines():
        if line.startswith("a=mid:"):
            mid = line[6:]
        if line.startswith("a=candidate:"):
            candidate = candidate_from_sdp(line[12:])
            candidate.sdpMid = mid
            say("candidate", candidate.type)
            if candidate.protocol == "udp":
                await peer.addIceCandidate(candidate)
    return 204, {}, ""


async def answer(method, path, headers, body):
    if method == "GET" and path == "/quit":
        for peer, _ in sessions.values():
            await peer.close()
        sessions.clear()
        return 200, {}, ""
    if method == "POST" and path in ("/whip", "/whep"):
        return await post(path, headers, body)
    if path not in sessions:
        return 404, {}, ""
    if method == "PATCH":
        return await patch(path, headers, body)
    if method == "DELETE":
        peer, _ = sessions.pop(path)
        await peer.close()
        return 200, {}, ""
    return 400, {}, ""


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")
            method, path, _ = first.split(" ")
            headers = dict((k.lower(), v.strip()) for k, _, v in (x.partition(":") for x in lines if x))
            body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
            status, extra, text = await answer(method, path, headers, body)
            say(method, "/session" if path.startswith("/session") else path, status)
            extra["Content-Length"] = str(len(text.encode()))
            fields = "".join(f"{k}: {v}\r\n" for k, v in extra.items())
            writer.write(f"HTTP/1.1 {status} {REASONS[status]}\r\n{fields}\r\n{text}".encode())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", int(sys.argv[1]))
    say("ready")
    async with server:
        await server.serve_forever()


asyncio.run(main())
