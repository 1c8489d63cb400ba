/** The card of one producer. It is made once, and then its texts and lines change. */

import { element, setText, svg } from './dom.js';
import { createPlot, rates } from './plot.js';
import { bytes, duration, number } from './units.js';

const FIGURES = {
  Accepted: ({ accepted }) => number(accepted),
  Recovered: ({ recovered }) => (recovered > 0 ? number(recovered) : undefined),
  Delivered: ({ delivered }) => number(delivered),
  Pending: ({ pending }) => number(pending),
  'Oldest message': ({ oldestMs }) => (oldestMs === null ? undefined : duration(oldestMs)),
  'Failed attempts': ({ attempts }) => number(attempts.failed),
  Resets: ({ resets }) => (resets > 0 ? number(resets) : undefined),
  'Dead letters': ({ deadLettered }) => number(deadLettered),
  Lost: ({ dropped, expired, undelivered }) => number(dropped + expired + undelivered),
  'Worker restarts': ({ workerRestarts }) => (workerRestarts > 0 ? number(workerRestarts) : undefined),
};

/** What is shown of a producer's state, and how serious it is. */
export function stateOf({ state, connection }) {
  if (state === 'failed') return ['failed', 'bad'];
  if (state === 'ready' || state === 'starting')
    return connection === 'connected' ? ['connected', 'good'] : [connection.replaceAll('_', ' '), 'bad'];
  return [state, 'warn'];
}

const perSecond = (value) => `${number(value)}/s`;

export function createProducer(name, kind) {
  const badge = element('span', { class: 'badge' });
  const blocked = element('p', { class: 'blocked bad' });
  const figures = Object.entries(FIGURES).map(([label, read]) => ({ read, ...figureOf(label) }));
  const bars = { queue: createBar('Queue', name), spool: createBar('Spool', name) };
  const rate = createPlot('Messages a second', ['accepted', 'delivered'], perSecond);
  const latency = createPlot('Latency', ['median', '99 %'], duration);
  const title = element('h3', { id: `producer-${name}` }, name);
  const card = element(
    'article',
    { 'aria-labelledby': title.id },
    element('div', { class: 'title' }, title, element('span', { class: 'kind' }, kind), badge),
    blocked,
    element('dl', {}, ...figures.map(({ group }) => group)),
    bars.queue.bar,
    bars.spool.bar,
    rate.figure,
    latency.figure,
  );
  const update = (stats) => {
    const [text, level] = stateOf(stats);
    setText(badge, text);
    badge.className = `badge ${level}`;
    blocked.hidden = stats.blockedBy === undefined;
    if (stats.blockedBy !== undefined) setText(blocked, blockedText(stats.blockedBy));
    for (const { read, group, value } of figures) show(group, value, read(stats));
    bars.queue.update(stats.queue);
    bars.spool.update(stats.spool);
  };
  const plot = (times, { accepted, delivered, p50Ms, p99Ms }) => {
    rate.update(times, [rates(times, accepted), rates(times, delivered)]);
    latency.update(times, [p50Ms, p99Ms]);
  };
  return { card, update, plot };
}

function figureOf(label) {
  const value = element('dd');
  return { value, group: element('div', {}, element('dt', {}, label), value) };
}

function show(group, value, text) {
  group.hidden = text === undefined;
  setText(value, text ?? '');
}

function blockedText({ by, until, why }) {
  const left = until === null ? 0 : until - Date.now();
  return `Blocked by ${by}: ${why}${left > 0 ? `. Next attempt in ${duration(left)}` : ''}`;
}

const [NEARLY, FULL] = [0.8, 0.999];

/** What a store holds against what it may hold. */
function createBar(label, name) {
  const filling = svg('rect', { height: 10, width: 0 });
  const image = svg('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img' }, filling);
  const value = element('span');
  const bar = element('div', { class: 'bar' }, element('span', {}, label), image, value);
  const update = (usage) => {
    bar.hidden = usage === undefined;
    if (usage === undefined) return;
    const share = Math.min(1, usage.bytes / usage.maxBytes);
    filling.setAttribute('width', String(share * 100));
    filling.setAttribute('class', share >= FULL ? 'full' : share >= NEARLY ? 'nearly' : '');
    setText(value, `${bytes(usage.bytes)} of ${bytes(usage.maxBytes)}`);
    image.setAttribute('aria-label', `${label} of ${name}: ${value.textContent}`);
  };
  return { bar, update };
}
