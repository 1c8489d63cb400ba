/** Checks, for a file as a whole, the rules between its routes and its producers. */

import type { Found } from '../dead-letter-targets.ts';
import type { Context } from '../definition.ts';
import { noProducerHere } from '../report/no-producer.ts';
import type { Path } from '../report/positions.ts';
import { quote } from '../report/redact.ts';
import { Reach } from './reachability.ts';
import { routeName } from './schema.ts';

/** A route as far as it could be read, and its path in the file. */
export type FoundRoute = Found;

/** A producer that a route names, and the path of that setting. */
interface Mention {
  readonly name: string;
  readonly at: Path;
}

/** Reports every problem that the schema of a single route cannot find. */
export function checkRoutes(routes: readonly FoundRoute[], producers: readonly Found[], context: Context): void {
  checkNames(routes, context);
  checkReach(routes, context);
  const names = producers.map(({ value }) => value.name).filter((name) => typeof name === 'string' && name !== '');
  for (const route of routes) checkMentions(route, names as string[], context);
  checkCircles(routes, producers, context);
}

/** Reports a name that two routes share. A route without a name is named by its position, which may be the name of another one. */
function checkNames(routes: readonly FoundRoute[], { reader, source, problems }: Context): void {
  const first = new Map<string, number>();
  for (const [index, { path, value }] of routes.entries()) {
    const name = routeName(typeof value.name === 'string' ? value.name : undefined, index);
    const here = [...path, 'name'];
    const offset = reader.marks.offset(here, 'value');
    const line = first.get(name);
    if (line === undefined) first.set(name, source.at(offset).line);
    else if (!reader.marks.isUnreadable(here))
      problems.add(offset, here, reader.marks.mask(`duplicate route name ${quote(name)}, first used on line ${line}`));
  }
}

/** Reports routes after one without conditions, because they never get a message. */
function checkReach(routes: readonly FoundRoute[], { reader, source, problems }: Context): void {
  const everything = routes.findIndex(({ value, path }) => takesEverything(value) && !reader.marks.isUnreadable(path));
  const { path: taker = [] } = routes[everything] ?? {};
  const { line } = source.at(reader.marks.offset(taker, 'value'));
  for (const { path } of everything < 0 ? [] : routes.slice(everything + 1))
    problems.add(
      reader.marks.offset(path, 'value'),
      path,
      `never reached: the route on line ${line} takes every message`,
    );
}

/** A value that is no route takes no message. */
const takesEverything = ({ when, to }: FoundRoute['value']): boolean =>
  to !== undefined && (when === undefined || (Object(when) === when && Object.keys(when as object).length === 0));

function checkMentions(route: FoundRoute, names: readonly string[], { reader, problems }: Context): void {
  const { marks } = reader;
  const seen: string[] = [];
  for (const { name, at } of [...mentions(route, 'to'), ...mentions(route, 'fallback')]) {
    const add = (message: string) => problems.add(marks.offset(at, 'value'), at, marks.mask(message));
    if (marks.isUnreadable(at)) continue;
    if (!names.includes(name)) add(noProducerHere(name, names, marks.of(at)?.references));
    else if (seen.includes(name)) add(`producer ${quote(name)} is named twice in this route`);
    seen.push(name);
  }
}

/** Ignores values of the wrong type, because the schema reports them. */
function mentions({ path, value }: FoundRoute, key: 'to' | 'fallback'): Mention[] {
  const given = value[key];
  const one = (name: unknown, at: Path): Mention[] => (typeof name === 'string' && name !== '' ? [{ name, at }] : []);
  if (!Array.isArray(given)) return one(given, [...path, key]);
  return given.flatMap((name, index) => one(name, [...path, key, index]));
}

/** Reports circles: a producer ends after all that pass messages to it, so none may pass messages back to those. */
function checkCircles(routes: readonly FoundRoute[], producers: readonly Found[], { reader, problems }: Context): void {
  const reach = new Reach();
  for (const { value } of producers) {
    const { producer: target } = Object(value.dead_letter) as { producer?: unknown };
    if (typeof target === 'string' && target !== value.name) reach.add(String(value.name), target);
  }
  for (const route of routes)
    for (const { from, to } of handovers(route)) {
      const back = from === to.name ? undefined : reach.path(to.name, from);
      const message = `messages would come back: ${[from, ...(back ?? [])].join(' → ')}`;
      if (back === undefined) reach.add(from, to.name);
      else problems.add(reader.marks.offset(to.at, 'value'), to.at, reader.marks.mask(message));
    }
}

/** Lists the steps of a route: every target passes to the first fallback, and each fallback to the next. */
function handovers(route: FoundRoute): { from: string; to: Mention }[] {
  const fallback = mentions(route, 'fallback');
  return fallback.flatMap((to, index) => {
    const before = index === 0 ? mentions(route, 'to') : [fallback[index - 1] as Mention];
    return before.map(({ name: from }) => ({ from, to }));
  });
}
