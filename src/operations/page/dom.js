/** Makes and changes elements. Text only ever comes in as text, so nothing that a message contains becomes markup. */

const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** `element('p', { class: 'faint' }, 'text', otherElement)` */
export const element = (name, attributes = {}, ...children) =>
  filled(document.createElement(name), attributes, children);

export const svg = (name, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, name), attributes, children);

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Sets the text if it differs, so that a selection and a screen reader are left alone. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Shows the elements in the place of what was there, unless `key` says that nothing has changed. */
export function replaceIfNew(target, key, children) {
  if (target.dataset.key === key) return;
  target.dataset.key = key;
  target.replaceChildren(...children());
}
