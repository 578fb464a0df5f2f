// Trickle ICE fragments: the body of a PATCH (RFC 8840; RFC 9725, section 4.3.2). Pure.

/** The parts of a description that a fragment repeats. */
export function readDescription(sdp) {
  const description = { group: '', ufrag: '', pwd: '', media: [] };
  let media = null;
  for (const line of sdp.split(/\r?\n/)) {
    if (line.startsWith('m=')) {
      // The port says nothing in a fragment: 9, and one format is enough.
      const [kind, , protocol, format] = line.slice(2).split(' ');
      media = { line: `m=${kind} 9 ${protocol} ${format}`, mid: '', ufrag: '', pwd: '' };
      description.media.push(media);
    } else if (line.startsWith('a=group:BUNDLE')) {
      description.group = line;
    } else if (line.startsWith('a=mid:') && media) {
      media.mid = line.slice(6);
    } else if (line.startsWith('a=ice-ufrag:')) {
      (media ?? description).ufrag = line.slice(12);
    } else if (line.startsWith('a=ice-pwd:')) {
      (media ?? description).pwd = line.slice(10);
    }
  }
  return description;
}

/**
 * One fragment for several candidates, in the order they came.
 * @param {string} sdp the local description they belong to
 * @param {{candidate: string, sdpMid: string|null, sdpMLineIndex: number|null}[]} candidates
 * @param {boolean} ended whether gathering has ended
 * @returns {string} the body, or '' when there is nothing to say
 */
export function buildFragment(sdp, candidates, ended) {
  const description = readDescription(sdp);
  const usable = candidates.filter(({ candidate }) => candidate);
  const { media } = description;
  if (media.length === 0 || (usable.length === 0 && !ended)) {
    return '';
  }
  const owner = ({ sdpMid, sdpMLineIndex }) =>
    media.find((section) => section.mid !== '' && section.mid === sdpMid) ??
    media[sdpMLineIndex ?? 0] ??
    media[0];
  const lines = description.group ? [description.group] : [];
  for (const section of media) {
    const own = usable.filter((candidate) => owner(candidate) === section);
    // With BUNDLE the first section carries the transport, so the end of gathering stands there.
    const last = ended && section === media[0];
    if (own.length === 0 && !last) {
      continue;
    }
    lines.push(section.line, `a=mid:${section.mid}`);
    lines.push(`a=ice-ufrag:${section.ufrag || description.ufrag}`);
    lines.push(`a=ice-pwd:${section.pwd || description.pwd}`);
    for (const { candidate } of own) {
      lines.push(`a=${candidate.replace(/^a=/, '')}`);
    }
    if (last) {
      lines.push('a=end-of-candidates');
    }
  }
  return `${lines.join('\r\n')}\r\n`;
}
