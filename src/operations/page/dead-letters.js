/** The dead letters: a search, and a list in which each can be opened. */

import { ask } from './client.js';
import { byId, element, replaceIfNew, setText } from './dom.js';
import { number } from './units.js';

/** Asks again and shows the answer. @throws NoToken; Error */
export async function showDeadLetters() {
  const { files, letters, isCut } = await ask(`dead-letters?search=${encodeURIComponent(byId('search').value)}`);
  byId('dead-letters-section').hidden = files.length === 0;
  setText(byId('found'), foundText(letters.length, isCut));
  replaceIfNew(byId('dead-letters'), JSON.stringify(letters), () => letters.map(row));
}

function foundText(count, isCut) {
  if (count === 0) return isCut ? 'none among the newest' : 'none';
  return isCut ? `the newest ${number(count)} that were found` : `${number(count)} found`;
}

function row({ id, time, producer, topic, reasonClass, reason, key, value, headers, attempts, file }) {
  const summary = element('summary', {}, element('b', {}, producer), ` ${reason} `, faint(time.slice(0, 19)));
  const rows = [
    ...[
      ['Id', id],
      ['Topic', topic],
      ['Class', reasonClass],
      ['Key', key ?? 'none'],
      ['File', file],
    ],
    ...headers.map(([name, header]) => [`Header ${name}`, header ?? 'none']),
    ...attempts.map((attempt) => [`Attempt ${attempt.time.slice(0, 19)}`, attempt.error]),
  ];
  const list = rows.map(([label, text]) => element('div', {}, element('dt', {}, label), element('dd', {}, text)));
  const content = element('pre', {}, value ?? 'no value (a tombstone)');
  return element('li', {}, element('details', {}, summary, element('dl', { class: 'wide' }, ...list), content));
}

const faint = (text) => element('span', { class: 'faint' }, text);
