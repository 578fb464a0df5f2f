// A session description as people carry it: plain SDP, JSON, or that as one line of base64. The
// other half is signaling/manual/description.cpp.

/** One line of base64 for a description ({type, sdp}). */
export function toLine({ type, sdp }) {
    const bytes = new TextEncoder().encode(JSON.stringify({ type, sdp }));
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function fromBase64(text) {
    const clean = text.replace(/\s+/g, '').replace(/-/g, '+').replace(/_/g, '/');
    if (!/^[A-Za-z0-9+/]+=*$/.test(clean)) return undefined;
    try {
        return new TextDecoder('utf-8', { fatal: true })
            .decode(Uint8Array.from(atob(clean), (c) => c.charCodeAt(0)));
    } catch {
        return undefined;
    }
}

/**
 * The description in a text, in any of the forms; `plain` is the type of one that comes as SDP
 * alone. An Error says what is wrong with it.
 */
export function fromText(text, plain) {
    const content = text.trim();
    if (!content) throw new Error('Nothing was pasted.');
    if (content.startsWith('v=')) return { type: plain, sdp: `${content}\r\n` };
    const json = content.startsWith('{') ? content : fromBase64(content)?.trim();
    if (!json?.startsWith('{'))
        throw new Error('That is no description: was all of it copied?');
    let value;
    try {
        value = JSON.parse(json);
    } catch {
        throw new Error('A part of the description is missing: was all of it copied?');
    }
    if (!['offer', 'answer'].includes(value.type) || typeof value.sdp !== 'string')
        throw new Error('That is neither an offer nor an answer.');
    return { type: value.type, sdp: value.sdp };
}

/** What an answer to the offer has to do: 'send', 'receive', or 'both'. */
export function wanted(sdp) {
    const theirs = [...sdp.matchAll(/^a=(sendonly|recvonly|sendrecv|inactive)\s*$/gm)].map((m) => m[1]);
    const sends = theirs.some((way) => way.startsWith('send'));
    const receives = theirs.some((way) => way === 'recvonly' || way === 'sendrecv');
    return sends && receives ? 'both' : receives ? 'send' : 'receive';
}
