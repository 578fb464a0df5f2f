// Media playlists of HLS (RFC 8216), as far as a live stream needs them. Pure.

/**
 * @param {string} text
 * @param {string} base the playlist's own URL
 * @returns {{target: number, sequence: number, ended: boolean,
 *   segments: {url: string, duration: number}[]}} durations in seconds; sequence is the number of
 *   the first segment
 * @throws {Error} when it is no playlist
 */
export function parsePlaylist(text, base) {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  if (lines[0] !== '#EXTM3U') {
    throw new Error('this is no playlist');
  }
  const playlist = { target: 2, sequence: 0, ended: false, segments: [] };
  let duration = 0;
  for (const line of lines.slice(1)) {
    const [, tag, value] = /^#(EXT[A-Z-]*):?(.*)$/.exec(line) ?? [];
    if (tag === 'EXT-X-TARGETDURATION') {
      playlist.target = Number.parseFloat(value) || playlist.target;
    } else if (tag === 'EXT-X-MEDIA-SEQUENCE') {
      playlist.sequence = Number.parseInt(value, 10) || 0;
    } else if (tag === 'EXT-X-ENDLIST') {
      playlist.ended = true;
    } else if (tag === 'EXTINF') {
      duration = Number.parseFloat(value) || 0;
    } else if (!line.startsWith('#')) {
      playlist.segments.push({ url: new URL(line, base).href, duration });
    }
  }
  return playlist;
}
