// Small things every page does with its document.

/** The element of an id; a missing one is a mistake in the page. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) {
    throw new Error(`no element #${id}`);
  }
  return element;
}

/** Sets an element's text if it differs, so that screen readers hear changes only. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Makes an element with a class, a text and children. */
export function make(tag, className = '', content = []) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...[content].flat());
  return element;
}

/** Tells style sheets, tests and `window.gstRtc` the page's state. */
export function showState(state) {
  document.documentElement.dataset.state = state;
}

/** Shows a switch as on or off, with the icon of what is and the label of what a press does. */
export function setSwitch(button, on, label, icon) {
  button.dataset.on = String(on);
  button.setAttribute('aria-label', label);
  button.title = label;
  button.querySelector('use').setAttribute('href', `icons.svg#${icon}`);
}

/** A list of figures, each under a name: fills the <dd> elements by their data-figure. */
export function showFigures(list, figures) {
  for (const element of list.querySelectorAll('[data-figure]')) {
    setText(element, figures[element.dataset.figure] ?? '–');
  }
}

/**
 * Asks for a token in the page's dialog.
 * @param {string} title
 * @param {string} detail why it is asked for
 * @returns {Promise<string>} the token, or '' when the person would rather not
 */
export function askToken(title, detail) {
  const dialog = byId('token-dialog');
  const field = byId('token-field');
  setText(byId('token-title'), title);
  setText(byId('token-reason'), detail);
  field.value = '';
  dialog.returnValue = '';
  if (!dialog.open) {
    dialog.showModal();
  }
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      const token = dialog.returnValue === 'ok' ? field.value.trim() : '';
      field.value = '';
      resolve(token);
    }, { once: true });
  });
}

/** Keeps a phone's screen on until the returned function is called. */
export function keepAwake() {
  let lock = null;
  let wanted = true;
  const ask = async () => {
    if (wanted && document.visibilityState === 'visible') {
      try {
        lock = await navigator.wakeLock?.request('screen');
      } catch {
        lock = null; // low battery, or not allowed
      }
      if (!wanted) {
        lock?.release();
      }
    }
  };
  document.addEventListener('visibilitychange', ask);
  ask();
  return () => {
    wanted = false;
    document.removeEventListener('visibilitychange', ask);
    lock?.release();
  };
}
