// When to try again, and whether. Pure: time and chance are arguments.

/** The first pause after a failure and the longest one, in milliseconds. */
export const pauses = { first: 500, longest: 10_000 };

/**
 * The pause before an attempt: doubling, bounded, and spread over its upper half, so that the
 * viewers of a server that restarts don't all come at once.
 * @param {number} attempt failures in a row so far, from 0
 * @param {number} chance a number in [0, 1)
 * @returns {number} milliseconds
 */
export function backoff(attempt, chance) {
  const pause = Math.min(pauses.longest, pauses.first * 2 ** Math.min(attempt, 20));
  return Math.round(pause * (0.5 + chance / 2));
}

/**
 * Reads a Retry-After (RFC 9110, section 10.2.3): seconds or a date.
 * @param {string|null} header
 * @param {number} now milliseconds since 1970
 * @returns {number|null} milliseconds from now, at most five minutes; null if there is none
 */
export function retryAfter(header, now) {
  const text = (header ?? '').trim();
  const pause = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(pause) ? Math.min(Math.max(pause, 0), 300_000) : null;
}

/** Whether a later attempt may go better. */
export function isPassing(fault) {
  if (fault.kind !== 'http') {
    return fault.kind !== 'unusable';
  }
  return fault.status >= 500 || [404, 408, 409, 410, 423, 425, 429].includes(fault.status);
}

/**
 * What to do after a failure.
 * @param {Fault} fault what went wrong
 * @param {{attempt: number, since: number, patience: number, chance: number}} at failures in a
 *   row so far, milliseconds since the first of them, how long to go on trying, a number in [0, 1)
 * @returns {{state: 'failed'|'waiting'|'reconnecting', pause: number}} waiting: the server is
 *   fine and has asked to come back later
 */
export function nextStep(fault, { attempt, since, patience, chance }) {
  if (!isPassing(fault) || since >= patience) {
    return { state: 'failed', pause: 0 };
  }
  const waiting = fault.kind === 'http' && [404, 409, 429, 503].includes(fault.status);
  // A fifth on top of what the server asked for keeps the viewers apart.
  const pause = Number.isFinite(fault.retryAfter)
    ? Math.round(Math.max(fault.retryAfter, pauses.first) * (1 + chance / 5))
    : backoff(attempt, chance);
  return { state: waiting ? 'waiting' : 'reconnecting', pause };
}
