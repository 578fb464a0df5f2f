// What a viewer's offer asks for that browsers leave out by themselves. Pure, but for the transceiver.

const captureTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** Has the next offer ask for the times of capture, where the browser can. */
export function askForCaptureTimes(transceiver) {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
  const wanted = extensions.find(({ uri }) => uri === captureTime);
  if (wanted) {
    wanted.direction = 'sendrecv';
    transceiver.setHeaderExtensionsToNegotiate(extensions);
  }
}

/**
 * Asks for nothing to be sent while it is silent: every browser's Opus decoder fills that in.
 * RFC 7587, section 6.1.
 * @param {string} sdp an offer
 * @returns {string} the same with usedtx=1
 */
export function askForSilence(sdp) {
  const types = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\//gim)].map(([, type]) => type);
  return types.reduce((text, type) => text.replace(
    new RegExp(`^a=fmtp:${type} (?!.*usedtx=)[^\r\n]*`, 'm'), '$&;usedtx=1'), sdp);
}
