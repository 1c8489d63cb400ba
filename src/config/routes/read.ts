/** Reads the routes of a file and checks them, one by one and as a whole. */

import { z } from 'zod';
import type { Found } from '../dead-letter-targets.ts';
import type { Context } from '../definition.ts';
import { check, type Display } from '../report/findings.ts';
import type { Path } from '../report/positions.ts';
import { offsetOf } from '../yaml/reader.ts';
import { listNodes, type Root } from '../yaml/root.ts';
import { checkRoutes, type FoundRoute } from './check.ts';
import { listed, RouteConfig, type Routes, routeName, UNMATCHED, type Unmatched } from './schema.ts';

const UNMATCHED_FIELD = z.object({ unmatched: z.enum(UNMATCHED).default('error') });

/** Returns the routes; undefined where the file has none. Reports every problem. `producers` are the definitions of the file. */
export function readRoutes(root: Root, producers: readonly Found[], context: Context): Routes | undefined {
  const found = listNodes('routes', root, context).map((node, index) => readRoute(node, ['routes', index], context));
  checkRoutes(found, producers, context);
  const unmatched = readUnmatched(root, context);
  if (!root.has('routes')) return undefined;
  return { routes: found.map(({ value }, index) => routeOf(value, index)), unmatched };
}

function readRoute(node: unknown, path: Path, context: Context): FoundRoute {
  const { reader, problems } = context;
  const value = reader.read(node, [RouteConfig], path);
  const { findings } = check(RouteConfig, value, displayAt(path, context));
  problems.addFindings(findings, RouteConfig, { at: path, marks: reader.marks });
  return { path, value: (Object(value) === value ? value : {}) as FoundRoute['value'] };
}

const displayAt = (path: Path, { reader: { marks } }: Context): Display => ({
  show: (inner, shown) => marks.show([...path, ...inner], shown),
  mask: (message) => marks.mask(message),
});

/** Converts a route's value. The result is used only when the file has no problem, so the value fits its schema. */
function routeOf(value: FoundRoute['value'], index: number): Routes['routes'][number] {
  const { name, when, to, fallback } = value as RouteConfig;
  return { name: routeName(name, index), when, to: listed(to), fallback: listed(fallback) };
}

function readUnmatched(root: Root, context: Context): Unmatched {
  const pair = root.get('unmatched');
  if (pair === undefined) return 'error';
  const { reader, problems } = context;
  const value = reader.read(pair.value, [UNMATCHED_FIELD.shape.unmatched], ['unmatched']);
  const { findings, output } = check(UNMATCHED_FIELD, { unmatched: value }, displayAt([], context));
  problems.addFindings(findings, UNMATCHED_FIELD, { at: [], marks: reader.marks });
  if (!root.has('routes')) problems.add(offsetOf(pair.key) ?? 0, ['unmatched'], "needs 'routes' as well");
  return (output?.unmatched as Unmatched | undefined) ?? 'error';
}
