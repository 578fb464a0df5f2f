// What goes wrong between a page and its server. Pure.

/**
 * A failure. Its kind says where:
 * `network` the server doesn't answer; `http` it answered with an error status; `unusable` its
 * answer makes no sense to this browser; `media` no path for media came about; `lost` there was
 * one and it broke; `stalled` it stands and nothing comes through.
 */
export class Fault extends Error {
  /**
   * @param {'network'|'http'|'unusable'|'media'|'lost'|'stalled'} kind
   * @param {string} message for the log, not for people
   * @param {{status?: number, detail?: string, retryAfter?: number|null}} [more] status and words
   *   of an HTTP error; milliseconds the server asked to wait
   */
  constructor(kind, message, more = {}) {
    super(message);
    this.name = 'Fault';
    this.kind = kind;
    this.status = more.status ?? 0;
    this.detail = more.detail ?? '';
    this.retryAfter = more.retryAfter ?? null;
  }
}

/**
 * The words of an error body: the detail or title of problem+json (RFC 9457), or a short plain
 * text; never a page of HTML.
 * @param {string} type the Content-Type
 * @param {string} body
 * @returns {string}
 */
export function problemDetail(type, body) {
  if (/[/+]json\b/i.test(type)) {
    try {
      const { detail, title } = JSON.parse(body);
      return [detail, title].find((text) => typeof text === 'string' && text !== '') ?? '';
    } catch {
      return '';
    }
  }
  const text = body.trim();
  return /^text\/plain\b/i.test(type) && text.length <= 200 ? text : '';
}
