/** The routes in order, compiled once. A message takes the first route that it matches. */

import { globMatcher } from '../config/routes/glob.ts';
import { listed, type Route, type WhenConfig } from '../config/routes/schema.ts';
import type { MessageInput } from '../shared/message/message.ts';
import { Subject } from './message-view.ts';

type Condition = (subject: Subject) => boolean;

interface Entry<R extends Route> {
  readonly route: R;
  readonly conditions: readonly Condition[];
}

export class RouteTable<R extends Route = Route> {
  readonly #entries: readonly Entry<R>[];

  constructor(routes: readonly R[]) {
    this.#entries = routes.map((route) => ({ route, conditions: conditionsOf(route.when ?? {}) }));
  }

  /** Returns undefined where the message matches no route. */
  find(message: MessageInput, isError: boolean): R | undefined {
    const subject = new Subject(message, isError);
    for (const { route, conditions } of this.#entries) if (conditions.every((holds) => holds(subject))) return route;
    return undefined;
  }
}

/** Returns the conditions of a route, all of which must hold. The cheap ones come first; those that parse the value come last. */
function conditionsOf({ is_error: isError, topic, header = {}, field = {} }: WhenConfig): Condition[] {
  return [
    ...(isError === undefined ? [] : [(subject: Subject) => subject.isError === isError]),
    ...(topic === undefined ? [] : [topicCondition(listed(topic))]),
    ...Object.entries(header).map(([name, wanted]) => headerCondition(name, wanted)),
    ...Object.entries(field).map(([path, wanted]) => fieldCondition(path.split('.'), listed(wanted))),
  ];
}

function topicCondition(patterns: readonly string[]): Condition {
  const matchers = patterns.map(globMatcher);
  return ({ topic }) => typeof topic === 'string' && matchers.some((fits) => fits(topic));
}

function headerCondition(name: string, wanted: string | string[] | boolean): Condition {
  if (typeof wanted === 'boolean') return (subject) => subject.headers(name).length > 0 === wanted;
  const values = listed(wanted);
  return (subject) => subject.headers(name).some((value) => value !== null && values.includes(value));
}

const fieldCondition =
  (path: readonly string[], wanted: readonly unknown[]): Condition =>
  (subject) =>
    wanted.includes(subject.field(path));
