/** A plot of up to two lines over the last ten minutes, or over less while a process is young. */

import { element, setText, svg } from './dom.js';
import { duration } from './units.js';

const [SHORTEST_MS, LONGEST_MS] = [60_000, 600_000];
const [WIDTH, HEIGHT] = [600, 100];

/** The lines do not touch the top, where they could not be seen. */
const HEADROOM = 1.1;

const COLOURS = ['first', 'second'];

/** `lines` are names of the lines; `unit` formats a value. */
export function createPlot(title, lines, unit) {
  const paths = lines.map((_, index) => svg('path', { class: COLOURS[index] }));
  const values = lines.map(() => element('span'));
  const keys = lines.map((line, index) =>
    element('span', { class: `key ${COLOURS[index]}` }, `${line} `, values[index]),
  );
  const [begin, top] = [element('span'), element('span')];
  const image = svg('svg', {
    ...{ class: 'plot', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
  });
  image.append(...paths);
  const axis = element('div', { class: 'axis' }, begin, top, element('span', {}, 'now'));
  const figure = element('figure', {}, element('figcaption', {}, element('b', {}, title), ...keys), image, axis);
  const update = (times, columns) => {
    const now = times.at(-1) ?? 0;
    const spanMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, now - (times[0] ?? now)));
    const x = (index) => WIDTH - ((now - times[index]) / spanMs) * WIDTH;
    const y = (value) => HEIGHT - (value / highest) * HEIGHT;
    const highest = Math.max(0, ...columns.flat().filter((value) => value !== null)) * HEADROOM || 1;
    for (const [index, column] of columns.entries()) paths[index].setAttribute('d', pathOf(column, x, y));
    const latest = columns.map((column) => column.at(-1) ?? null);
    for (const [index, value] of latest.entries()) setText(values[index], value === null ? '–' : unit(value));
    setText(begin, `${duration(spanMs)} ago`);
    setText(top, `top ${unit(highest)}`);
    const spoken = lines.map((line, index) => `${line} ${values[index].textContent}`).join(', ');
    image.setAttribute('aria-label', `${title} of the last ${duration(spanMs)}; now ${spoken}; top ${unit(highest)}`);
  };
  return { figure, update };
}

/** A value that is missing interrupts the line. A single value between two gaps is a short stroke. */
function pathOf(column, x, y) {
  let path = '';
  let isOn = false;
  for (const [index, value] of column.entries()) {
    if (value === null || x(index) < 0) {
      isOn = false;
      continue;
    }
    const point = `${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    path += isOn ? `L${point}` : `M${point}h1`;
    isOn = true;
  }
  return path;
}

/** The change of a counter a second, for each sample; null for the first one. */
export const rates = (times, column) =>
  column.map((value, index) =>
    index === 0 ? null : Math.max(0, ((value - column[index - 1]) * 1000) / (times[index] - times[index - 1])),
  );
