// Cameras, microphones and screens.

/** What each quality asks of the camera and allows the connection: pixels, frames/s, bit/s. */
export const qualities = {
  360: { width: 640, height: 360, frameRate: 30, bitrate: 900_000 },
  720: { width: 1280, height: 720, frameRate: 30, bitrate: 2_800_000 },
  1080: { width: 1920, height: 1080, frameRate: 30, bitrate: 4_500_000 },
};

/** The value of a device choice that means none. */
export const none = 'none';

/** Whether this page may ask for a camera at all. */
export function isSecure() {
  return window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
}

/**
 * The devices there are. Before permission they have neither name nor id, one of each kind.
 * @returns {Promise<{videoinput: MediaDeviceInfo[], audioinput: MediaDeviceInfo[]}>}
 */
export async function listDevices() {
  const found = { videoinput: [], audioinput: [] };
  for (const device of await navigator.mediaDevices.enumerateDevices()) {
    found[device.kind]?.push(device);
  }
  return found;
}

/** Whether the person has already allowed camera and microphone, so asking shows no prompt. */
export async function isAllowed(names) {
  try {
    const all = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return all.every(({ state }) => state === 'granted');
  } catch {
    return false;
  }
}

function videoConstraints(camera, quality) {
  const { width, height, frameRate } = qualities[quality];
  return {
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: frameRate },
    ...(camera ? { deviceId: { exact: camera } } : { facingMode: 'user' }),
  };
}

function audioConstraints(microphone) {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(microphone ? { deviceId: { exact: microphone } } : {}),
  };
}

// Opens devices; those that are gone give way to the browser's choice.
async function openDevices({ camera, microphone, quality }, wantVideo, wantAudio) {
  const ask = (cameraId, microphoneId) => navigator.mediaDevices.getUserMedia({
    video: wantVideo && videoConstraints(cameraId, quality),
    audio: wantAudio && audioConstraints(microphoneId),
  });
  try {
    return await ask(camera, microphone);
  } catch (error) {
    const gone = ['OverconstrainedError', 'NotFoundError'].includes(error.name);
    if (gone && (camera || microphone)) {
      return ask('', '');
    }
    throw error;
  }
}

async function openScreen(choice, wantAudio) {
  if (!navigator.mediaDevices.getDisplayMedia) {
    throw new DOMException('no getDisplayMedia', 'NotSupportedError');
  }
  const screen = await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: qualities[choice.quality].frameRate } },
    audio: !wantAudio, // without a microphone, the screen's own sound
  });
  if (wantAudio) {
    try {
      const sound = await openDevices(choice, false, true);
      sound.getTracks().forEach((track) => screen.addTrack(track));
    } catch (error) {
      screen.getTracks().forEach((track) => track.stop());
      throw error;
    }
  }
  return screen;
}

/**
 * Opens what was chosen.
 * @param {{source: 'camera'|'screen'|'sound', camera: string, microphone: string,
 *   quality: string}} choice device ids, '' for the browser's choice; a microphone of 'none'
 * @returns {Promise<MediaStream>} with at most one video and one audio track
 * @throws {DOMException} as getUserMedia; InsecureContextError where the page can't ask
 */
export async function capture(choice) {
  if (!isSecure()) {
    throw new DOMException('no secure context', 'InsecureContextError');
  }
  const devices = await listDevices();
  const wantAudio = choice.microphone !== none && devices.audioinput.length > 0;
  if (choice.source === 'screen') {
    return hint(await openScreen(choice, wantAudio), 'detail');
  }
  const wantVideo = choice.source === 'camera';
  const missing = (wantVideo && devices.videoinput.length === 0) || (!wantVideo && !wantAudio);
  if (missing) {
    throw new DOMException('no such device', 'NotFoundError');
  }
  return hint(await openDevices(choice, wantVideo, wantAudio), 'motion');
}

// What the encoder should keep when the network is poor: sharp text, or smooth motion.
function hint(stream, content) {
  for (const track of stream.getVideoTracks()) {
    track.contentHint = content;
  }
  return stream;
}

/** Whether a preview should be a mirror: for cameras that look at the person. */
export function isMirror(stream, source) {
  const facing = stream.getVideoTracks()[0]?.getSettings().facingMode;
  return source === 'camera' && facing !== 'environment';
}
