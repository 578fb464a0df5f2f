// How a stream is put into a connection.

/** What is kept when the network or the device can't carry everything. */
const degradation = { camera: 'maintain-framerate', screen: 'maintain-resolution' };

/** Opus for speech with some music in it, in bit/s. */
const audioBitrate = 64_000;

/**
 * Adds a stream's tracks, to be sent only: one MediaStream, at most one section of each kind
 * (RFC 9725, section 4.4).
 * @param {RTCPeerConnection} pc
 * @param {MediaStream} stream
 * @param {{codec: string, bitrate: number}} settings the video codec to prefer, or ''; bit/s
 */
export function addTracks(pc, stream, { codec, bitrate }) {
  const [audio] = stream.getAudioTracks();
  const [video] = stream.getVideoTracks();
  const add = (track, maxBitrate) => pc.addTransceiver(track, {
    direction: 'sendonly',
    streams: [stream],
    sendEncodings: [{ maxBitrate }],
  });
  if (audio) {
    add(audio, audioBitrate);
  }
  if (video) {
    preferCodec(add(video, bitrate), codec);
  }
}

// Puts a codec before the others; one this browser hasn't got changes nothing.
function preferCodec(transceiver, name) {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const isWanted = ({ mimeType }) => mimeType.toUpperCase() === `VIDEO/${name}`;
  if (!codecs.some(isWanted) || !transceiver.setCodecPreferences) {
    return;
  }
  transceiver.setCodecPreferences([
    ...codecs.filter(isWanted), ...codecs.filter((codec) => !isWanted(codec))]);
}

// Also of a section that sends nothing at the moment.
const senderOf = (pc, kind) =>
  pc?.getTransceivers().find(({ receiver }) => receiver.track.kind === kind)?.sender;

/**
 * Sets what the connection may use for video. Browsers that can't leave it as it is.
 * @param {RTCPeerConnection|null} pc
 * @param {'camera'|'screen'|'sound'} source
 * @param {number} bitrate bit/s
 */
export async function limitVideo(pc, source, bitrate) {
  const sender = senderOf(pc, 'video');
  const parameters = sender?.getParameters();
  if (!parameters?.encodings?.length) {
    return;
  }
  parameters.degradationPreference = degradation[source];
  parameters.encodings[0].maxBitrate = bitrate;
  try {
    await sender.setParameters(parameters);
  } catch (error) {
    console.warn('the bit rate stays as it is:', error.message);
  }
}

/** Sends other tracks in place of the present ones. What has no section stays unsent. */
export async function replaceTracks(pc, stream) {
  for (const kind of ['audio', 'video']) {
    const track = stream.getTracks().find((one) => one.kind === kind) ?? null;
    await senderOf(pc, kind)?.replaceTrack(track);
  }
}
