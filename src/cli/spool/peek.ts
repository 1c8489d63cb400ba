/** `produce spool peek`: prints messages of a spool. */

import { jsonBytes } from '../../shared/message/message-json.ts';
import { counted, jsonText, result, say } from '../output.ts';
import { standardOutput } from '../print.ts';
import { EXIT, type ExitCode } from '../process/exit.ts';
import { lossesOf, messagesIn, openView, type SpooledMessage, sayLosses } from './views.ts';

export interface PeekOptions {
  readonly directory: string;
  readonly limit: number;
  /** Number of the first message to print. @default the oldest */
  readonly from: number;
  readonly json?: boolean;
}

/** The result of a run that failed before it had one. Null stands for an unknown number. */
export const NOTHING_PEEKED = { directory: null, pending: null, shown: null, lost: null };

export async function peek({ directory, limit, from, json }: PeekOptions): Promise<ExitCode> {
  const view = openView(directory);
  const { pending } = view;
  let shown = 0;
  for (const messages of messagesIn(view, from)) {
    const lines = messages.slice(0, limit - shown).map((one) => `${jsonText(shownMessage(one))}\n`);
    shown += lines.length;
    if (!(await standardOutput.write(lines.join(''))) || shown >= limit) break;
  }
  view.close();
  const lost = sayLosses(await lossesOf(view));
  say(`${directory}: ${shown} of ${counted(pending, 'pending message')} shown`);
  if (json) result({ ok: lost === 0, directory, pending, shown, lost });
  return lost === 0 ? EXIT.delivered : EXIT.undelivered;
}

/** Formats a message with the keys of a dead letter. The topic is null for the producer's own. */
function shownMessage({ number, message }: SpooledMessage): object {
  const { topic, key, value, headers, partition, timestamp, isError } = message;
  return {
    number,
    topic: topic === '' ? null : topic,
    key: jsonBytes(key),
    value: jsonBytes(value),
    headers: headers.map(([name, header]) => [name, jsonBytes(header)]),
    partition,
    timestamp,
    isError,
  };
}
