/** I9: no secret occurs in a log line, an error, a metric or a dead letter, whatever fails. */

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Bench, BenchSubject } from '../bench.ts';
import { type Check, IMPATIENT, rejection, semantics, TIMEOUT_MS } from '../check.ts';

/** A secret with characters that a URL encodes, so that both forms are searched for. */
const SECRET = 'canary:7f/ß@secret';
const ENCODED = encodeURIComponent(SECRET);
/** Forms of the secret in base64, at the three offsets that it may have in a group of bytes, without their ends. */
const BASE64 = ['', '.', '..'].map((before) =>
  Buffer.from(before + SECRET)
    .toString('base64')
    .slice(4, -4),
);
const FORMS = [SECRET, ENCODED, 'canary', ...BASE64];

/** Returns all output about a failing subject that a person or a program may see. */
async function everythingSaid(bench: Bench, { producer, deadLetters }: BenchSubject): Promise<string> {
  // Starts first, so that an attempt has been made when the short waits begin.
  const started = await producer.start({ timeout: TIMEOUT_MS }).catch((error: Error) => error);
  const publish = () => producer.publish(bench.topic, Buffer.from('1'), { timeout: 1500 });
  const sent = await publish().catch((error: Error) => error);
  const checked = await producer.check({ roundTrip: true, timeout: 1500 });
  const stats = producer.stats();
  const outcome = await producer.shutdown(2000);
  const late = await rejection(publish());
  return inspect({ sent, checked, started, stats, outcome, late, deadLetters, lines: bench.lines }, INSPECT);
}

const INSPECT = { depth: 20, showHidden: false, maxArrayLength: null, maxStringLength: null };

const silent = (unavailable: boolean): Check =>
  semantics(
    unavailable
      ? 'shows no secret when the server is not there (I9)'
      : 'shows no secret when the server is there, and may refuse it (I9)',
    async (bench) => {
      const settings = { ...IMPATIENT, on_shutdown: 'dead_letter' } as const;
      const subject = await bench.subject({ unavailable, settings, secret: SECRET });
      const config = JSON.stringify(subject.producer.config);
      assert.ok(config.includes(JSON.stringify(SECRET).slice(1, -1)) || config.includes(ENCODED), UNUSED);
      const said = await everythingSaid(bench, subject);
      for (const form of FORMS) assert.ok(!said.includes(form), `the secret was shown: ${lineWith(said, form)}`);
    },
  );

const UNUSED = 'takesSecret is claimed: the factory must put `secret` into the configuration';

const lineWith = (said: string, form: string): string | undefined =>
  said.split('\n').find((line) => line.includes(form));

export const secretChecks = (takesSecret: boolean): readonly Check[] =>
  takesSecret ? [silent(false), silent(true)] : [];
