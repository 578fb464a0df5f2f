// The front page: what is on, and the ways in. Asks the server every few seconds while seen.

import { card, onAir } from './onair.js';
import { backoff } from './retry.js';
import { fetchStatus, takeSettings } from './status.js';
import { byId, make, setText, showState } from './ui.js';

/** How often the server is asked, in milliseconds. */
const interval = 3000;

const svg = 'http://www.w3.org/2000/svg';

function icon(name) {
  const element = document.createElementNS(svg, 'svg');
  const use = document.createElementNS(svg, 'use');
  element.setAttribute('class', 'icon');
  element.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `icons.svg#${name}`);
  element.append(use);
  return element;
}

function cardElement(view) {
  const head = make('div', 'card-head', [
    make('span', 'card-icon', icon(view.kind === 'whep' ? 'play' : 'phone')),
    make('h2', '', view.title),
    make('span', view.on ? 'pill on' : 'pill', view.state),
  ]);
  const button = make('a', view.on || view.kind === 'whip' ? 'button' : 'button plain', view.action);
  button.href = view.href;
  if (view.locked) {
    button.prepend(icon('lock'));
    button.title = 'Asks for a token';
  }
  const element = make('article', `card ${view.kind}`, [head, make('p', 'card-text', view.text)]);
  if (view.path) {
    element.append(make('p', 'card-path', view.path));
  }
  if (view.names.length > 0) {
    const list = make('ul', 'names', view.names.map((name) => make('li', '', name)));
    list.setAttribute('aria-label', 'Callers');
    element.append(list);
  }
  element.append(button);
  return element;
}

let shown = '';

// Draws the cards anew only when they differ, so that focus and selection stay.
function showCards(endpoints) {
  const order = { whep: 0, whip: 1 };
  const known = endpoints
    .filter(({ kind }) => kind in order)
    .sort((one, other) => order[one.kind] - order[other.kind]);
  const views = known.map((one) =>
    card(one, known.filter(({ kind }) => kind === one.kind).length === 1));
  const now = JSON.stringify(views);
  if (now !== shown) {
    shown = now;
    const at = document.activeElement?.getAttribute?.('href');
    byId('cards').replaceChildren(...views.map(cardElement));
    [...byId('cards').querySelectorAll('a')].find((link) => link.getAttribute('href') === at)
      ?.focus();
  }
}

function showStatus({ version, endpoints }) {
  const { live, badge, headline, lead } = onAir(endpoints);
  showState(live ? 'live' : 'quiet');
  setText(byId('badge-text'), badge);
  setText(byId('headline'), headline);
  setText(byId('lead'), lead);
  setText(byId('version'), version ? `gst-rtc ${version}` : 'gst-rtc');
  document.title = `${live ? '● ' : ''}${headline} · gst-rtc`;
  showCards(endpoints);
}

function showTrouble() {
  showState('failed');
  setText(byId('badge-text'), 'No answer');
  setText(byId('headline'), "The server can't be reached");
  setText(byId('lead'), 'It may be restarting, or your connection is down. Trying again…');
  document.title = 'No answer · gst-rtc';
  byId('cards').replaceChildren();
  shown = '';
}

let timer = 0;
let failures = 0;
let asking = false;

async function refresh() {
  clearTimeout(timer);
  if (asking || document.visibilityState === 'hidden') {
    return;
  }
  asking = true;
  try {
    showStatus(await fetchStatus());
    failures = 0;
  } catch {
    failures += 1;
    // One lost answer is no news to a person.
    if (failures > 1 || shown === '') {
      showTrouble();
    }
  }
  asking = false;
  timer = setTimeout(refresh, failures ? 1000 + backoff(failures, Math.random()) : interval);
}

takeSettings(['whip', 'whep']);
document.addEventListener('visibilitychange', refresh);
window.addEventListener('pageshow', refresh);
window.addEventListener('online', refresh);
refresh();
