/** Checks, for a file as a whole, which producer takes the dead letters of which other one. */

import type { Context } from './definition.ts';
import { noProducerHere } from './report/no-producer.ts';
import type { Marks, Path } from './report/positions.ts';

/** A definition as far as it could be read, and its path in the file. */
export interface Found {
  readonly path: Path;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Link {
  readonly name: string;
  readonly target: string | undefined;
  /** The path of the setting that names the target. */
  readonly at: Path;
}

const TARGET = ['dead_letter', 'producer'];

/** Reports targets that do not exist, dead letters that would return to their producer, and `on_shutdown` without a target. */
export function checkTargets(found: readonly Found[], context: Context, targetFromCode: boolean): void {
  const links = found.map(linkOf);
  for (const link of links) if (link.target !== undefined) checkTarget(link, links, context);
  for (const { path, value } of found) {
    const here = [...path, 'on_shutdown'];
    if (value.on_shutdown !== 'dead_letter' || value.dead_letter !== undefined || targetFromCode) continue;
    context.problems.add(context.reader.marks.offset(here, 'value'), here, "needs 'dead_letter' as well");
  }
}

/** A definition without a name cannot be the target of any other one, but its own target is checked all the same. */
function linkOf({ path, value }: Found): Link {
  const target = (value.dead_letter as { producer?: unknown } | null | undefined)?.producer;
  const name = typeof value.name === 'string' ? value.name : '';
  return { name, target: typeof target === 'string' && target !== '' ? target : undefined, at: [...path, ...TARGET] };
}

function checkTarget(link: Link, links: readonly Link[], { problems, reader }: Context): void {
  const { marks } = reader;
  if (marks.isUnreadable(link.at)) return;
  const names = links.map(({ name }) => name).filter((name) => name !== '');
  const message = names.includes(link.target as string) ? circle(link.name, links) : unknown(link, names, marks);
  if (message !== undefined) problems.add(marks.offset(link.at, 'value'), link.at, marks.mask(message));
}

function unknown({ target = '', name, at }: Link, names: readonly string[], marks: Marks): string {
  const others = names.filter((other) => other !== name);
  return noProducerHere(target, others, marks.of(at)?.references);
}

/** Describes a circle of producers, once for each circle, at the first of its producers in the file. */
function circle(name: string, links: readonly Link[]): string | undefined {
  const passed = circleFrom(name, links);
  if (passed === undefined || links.find((link) => passed.includes(link.name))?.name !== name) return undefined;
  return `dead letters would come back: ${[...passed, name].join(' → ')}`;
}

/** Returns the producers that a dead letter of `name` would pass before it returned to `name`; undefined when it does not return. */
function circleFrom(name: string, links: readonly Link[]): string[] | undefined {
  const passed: string[] = [];
  for (let at: string | undefined = name; at !== undefined && !passed.includes(at); ) {
    passed.push(at);
    const here: string = at;
    at = links.find((link) => link.name === here)?.target;
    if (at === name) return passed;
  }
  return undefined;
}
