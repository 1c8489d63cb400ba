/** `produce send`: sends messages from a flag, a file or a pipe through one producer. */

import { exactly } from '../../caller/wait-options.ts';
import type { LoadedProducer } from '../../config/load.ts';
import { quote } from '../../config/report/redact.ts';
import { ConnectError } from '../../shared/errors.ts';
import { nameOf, noSuchProducer, readDefinitions } from '../configuration.ts';
import { embed, isKafka, namesNoBroker } from '../embedded-cluster.ts';
import { counted, result, say, sayError } from '../output.ts';
import { sayIfTooFew } from '../process/descriptor-limit.ts';
import { EXIT, type ExitCode, exitCodeOf, UsageError } from '../process/exit.ts';
import { Hindrance } from '../process/hindrance.ts';
import { GRACE_MS } from '../process/interrupt.ts';
import { buildSubject, type Subject, startSubject, targetsOf } from '../producer-session.ts';
import { deliveries, type ProgressFlags, type Watched, withProgress } from '../progress/show.ts';
import { sayWithoutSpool } from '../standalone-definition.ts';
import { type Summary, sendTable, summarize } from '../summary.ts';
import { checkTopic } from '../topic-flag.ts';
import { withFirstChecked } from './first-message.ts';
import { demandOther, type Input, type InputOptions, isStandardInput, openInput } from './input.ts';
import { SendDeadline } from './send-deadline.ts';
import { feed, type MessageFlags, NoCapacityError } from './send-lines.ts';

export interface SendOptions extends InputOptions, MessageFlags, ProgressFlags {
  readonly config: string;
  /** Maximum time in ms to connect and to deliver at the end. After the first delivery, each wait for capacity gets all of it. */
  readonly timeoutMs: number;
  /** @default the only producer of the file */
  readonly producer?: string;
  readonly embedded?: boolean;
  readonly verbose?: boolean;
}

export async function send(options: SendOptions): Promise<ExitCode> {
  const all = await readDefinitions(options.config, options.signal);
  demandOther(options.config, options);
  const definition = find(all, options);
  checkTopic(definition, options.topic);
  const chain = [definition, ...targetsOf(definition, all)];
  const input = await openInput(options);
  try {
    const checked = await withFirstChecked(input, options);
    sayWithoutSpool(chain);
    sayIfTooFew(chain);
    return await withBrokers(chain, options, (subject) => sendThrough(subject, checked, { ...options, chain }));
  } finally {
    await input.close();
  }
}

function find(definitions: readonly LoadedProducer[], { producer, config }: SendOptions): LoadedProducer {
  if (producer === undefined) return onlyOne(definitions, config);
  const found = definitions.find((definition) => nameOf(definition) === producer);
  if (found === undefined) throw noSuchProducer(producer, { config, definitions });
  return found;
}

/** @throws UsageError that names the producers to choose from */
function onlyOne(definitions: readonly LoadedProducer[], config: string): LoadedProducer {
  const [first, second] = definitions;
  if (first !== undefined && second === undefined) return first;
  const names = definitions.map((definition) => quote(nameOf(definition))).join(', ');
  throw new UsageError(`${config} has ${definitions.length} producers: say by -p which of ${names}`);
}

/** Builds the chain. Its first producer sends, and the others take its dead letters. */
async function withBrokers(
  chain: readonly LoadedProducer[],
  { embedded, verbose = false }: SendOptions,
  use: (subject: Subject) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { definitions, stop } = await embed(chain, () => embedded === true, '--embedded');
  const [definition, ...targets] = definitions;
  try {
    return await use(await buildSubject(definition as LoadedProducer, { verbose, targets }));
  } finally {
    await stop();
  }
}

type Sending = SendOptions & { readonly chain: readonly LoadedProducer[] };

async function sendThrough(subject: Subject, input: Input, options: Sending): Promise<ExitCode> {
  const hindrance = new Hindrance(subject);
  const problem = await withProgress(watched(subject, input, options), () =>
    delivered(subject, input, { ...options, hindrance }),
  );
  return report({ summary: summarize(subject, subject.producer.stats()), hindrance, problem }, options);
}

/** What the progress shows. The part of a file that was read counts only as far as it was delivered. */
function watched({ name, producer }: Subject, input: Input, options: Sending): Watched {
  const read = () => {
    const reading = deliveries([producer]);
    const { done, failed = 0, buffered = 0 } = reading;
    const settled = (done + failed) / Math.max(1, done + failed + buffered);
    return { ...reading, share: input.share && input.share() * settled };
  };
  const isTyped = options.value === undefined && isStandardInput(options.file) && process.stdin.isTTY;
  return { ...options, title: name, read, definitions: options.chain, isTyped };
}

/** Delivers the input and ends the producer. Returns an exit code as `tryFeeding` does. */
async function delivered(
  subject: Subject,
  input: Input,
  options: SendOptions & { readonly hindrance: Hindrance },
): Promise<ExitCode | undefined> {
  const { hindrance } = options;
  const deadline = new SendDeadline(options.timeoutMs);
  const problem = await tryFeeding(subject, input, { ...options, deadline });
  // Normally the flush delivers everything. The last pass of the shutdown does not wait for an outage to end.
  if (!options.signal.aborted)
    await subject.producer.flush(exactly(deadline.flushMs), { signal: options.signal }).catch(() => {});
  hindrance.end();
  await subject.close(options.signal.aborted ? GRACE_MS : deadline.closeMs);
  return problem;
}

/** Returns the exit code if the input could not be read to its end, whatever the outcome of the messages. Otherwise undefined. */
async function tryFeeding(
  subject: Subject,
  input: Input,
  options: SendOptions & { readonly deadline: SendDeadline },
): Promise<ExitCode | undefined> {
  const { deadline, timeoutMs } = options;
  const { producer } = subject;
  const hasDelivered = () => producer.stats().delivered > 0;
  try {
    await startSubject(subject, { timeout: exactly(deadline.flushMs), signal: options.signal });
    // The deadline stands still while the input is read, so the time that is left is the same for every wait.
    const leftMs = deadline.flushMs;
    const capacityMs = () => (hasDelivered() ? timeoutMs : leftMs);
    await deadline.without(() => feed(producer, input, { ...options, capacityMs }));
    return undefined;
  } catch (error) {
    // Without a delivery, the messages that fill the queue have had all the time that a flush could give them.
    if (error instanceof NoCapacityError && !hasDelivered()) deadline.expire();
    if (options.signal.aborted) return EXIT.undelivered;
    sayError(error instanceof ConnectError ? withHint(error, subject.definition) : error);
    return exitCodeOf(error);
  }
}

function withHint(error: ConnectError, definition: LoadedProducer): ConnectError {
  if (!isKafka(definition) || !namesNoBroker(definition)) return error;
  return new ConnectError(`${error.message} (the configuration names no broker; --embedded does without one)`);
}

interface Ended {
  readonly summary: Summary;
  readonly hindrance: Hindrance;
  /** Exit code because of the input. */
  readonly problem: ExitCode | undefined;
}

function report({ summary, hindrance, problem }: Ended, options: SendOptions): ExitCode {
  const { accepted, delivered } = summary;
  const code = problem ?? (delivered === accepted ? EXIT.delivered : EXIT.undelivered);
  say(`\n${sendTable([summary])}\n`);
  hindrance.say(summary);
  say(verdict(summary, problem, options));
  if (options.json) result({ ok: code === EXIT.delivered, producers: [summary] });
  return code;
}

/** Formats the last line. Even if the input was not read to its end, all that was read may have been delivered. */
function verdict({ accepted, delivered }: Summary, problem: ExitCode | undefined, { signal }: SendOptions): string {
  const isOk = problem === undefined && delivered === accepted;
  const isInterrupted = problem !== undefined && signal.aborted;
  const word = isOk ? 'ok' : isInterrupted ? 'interrupted' : 'FAILED';
  if (accepted === 0) return `${word}: nothing was sent`;
  const cut = problem === undefined || isInterrupted ? '' : 'the input was not read to its end; of what came before, ';
  return `${word}: ${cut}${delivered} of ${counted(accepted, 'message')} delivered`;
}
