/** The routes as a graph: routes on the left, producers on the right, fallbacks as dashed lines. */

import { svg } from './dom.js';
import { counted, number } from './units.js';

const [WIDTH, ROW, BOX_WIDTH, BOX_HEIGHT] = [340, 46, 136, 36];
const RIGHT = WIDTH - BOX_WIDTH - 1;

/** Longest name, in characters, that fits into a box. */
const MOST = 18;

export function routesGraph(routes, producers, unmatched) {
  const taken = producers.filter((name) => routes.some(({ to, fallback }) => [...to, ...fallback].includes(name)));
  const rows = Math.max(routes.length, taken.length);
  const centre = (index, count) => (rows * ROW) / 2 + (index - (count - 1) / 2) * ROW;
  const left = (index) => centre(index, routes.length);
  const right = (name) => centre(taken.indexOf(name), taken.length);
  const lines = routes.flatMap(({ to, fallback }, index) => [
    ...to.map((name) => line(left(index), right(name), 'to')),
    ...fallback.map((name) => line(left(index), right(name), 'fallback')),
  ]);
  const boxes = [
    ...routes.map((route, index) => box(1, left(index), route.name, countOf(route))),
    ...taken.map((name) => box(RIGHT, right(name), name)),
  ];
  const label = [...routes.map(spoken), `${counted(unmatched, 'message')} matched no route`].join('; ');
  const view = { class: 'graph', viewBox: `0 0 ${WIDTH} ${rows * ROW}`, role: 'img', 'aria-label': label };
  return svg('svg', view, ...lines, ...boxes);
}

const countOf = ({ messages, fallbacks }) =>
  `${counted(messages, 'message')}${fallbacks > 0 ? `, ${number(fallbacks)} by fallback` : ''}`;

const spoken = (route) => {
  const fallback = route.fallback.length > 0 ? `, fallback ${route.fallback.join(', ')}` : '';
  return `route ${route.name} to ${route.to.join(', ')}${fallback}: ${countOf(route)}`;
};

function box(x, y, name, count) {
  const lines = [svg('text', { x: x + 8, y: y + (count === undefined ? 4 : -2) }, shortened(name))];
  if (count !== undefined) lines.push(svg('text', { x: x + 8, y: y + 11, class: 'count' }, count));
  const rect = svg('rect', { x, y: y - BOX_HEIGHT / 2, width: BOX_WIDTH, height: BOX_HEIGHT, rx: 5 });
  return svg('g', {}, rect, ...lines);
}

const shortened = (name) => (name.length > MOST ? `${name.slice(0, MOST - 1)}…` : name);

function line(from, to, kind) {
  const [start, middle] = [BOX_WIDTH + 1, (BOX_WIDTH + RIGHT) / 2];
  return svg('path', { class: kind, d: `M${start} ${from}C${middle} ${from} ${middle} ${to} ${RIGHT} ${to}` });
}
