/** For each check a subject that it must not let pass, and why it says that it does not. */

import { setTimeout as sleep } from 'node:timers/promises';
import { DeliveryTimeoutError, PublishError } from '../../../src/shared/errors.ts';
import type { ContractServer, ReceivedMessage } from '../../../src/testing/contract.ts';
import {
  BlamesMessages,
  ClosesOnce,
  DiesOfOutages,
  EndsBadly,
  HoldsProcess,
  OneByOne,
  RunsInline,
  SwallowsPoison,
  Swaps,
  Tells,
} from '../../fixtures/producers/broken-line-producers.ts';
import type { LineServer } from '../../support/line-server.ts';
import type { Mutation } from './mutate.ts';

export interface Mutant extends Mutation {
  /** What the check says. */
  readonly because: RegExp;
}

/** How long the reader of a mutant, in ms, looks for what does not come. */
const SOON_MS = 1500;

const change = (part: (message: ReceivedMessage) => Partial<ReceivedMessage>): Mutation => ({
  arriving: (message) => [{ ...message, ...part(message) }],
});

const asText = (part: Uint8Array | null) => part && Buffer.from(Buffer.from(part).toString());

const cutsValues = change(({ value }) => ({ value: value?.subarray(0, 1000).subarray(0, -1) ?? null }));
const cutsLarge = change(({ value }) => ({ value: value?.subarray(0, 1000) ?? null }));
const makesText = change(({ key, value, headers }) => ({
  key: asText(key),
  value: asText(value),
  headers: headers.map(([name, part]) => [name, asText(part)] as const),
}));
const losesKeys = change(() => ({ key: null }));
const losesHeaders = change(() => ({ headers: [] }));
const emptyHeadersToNull = change(({ headers }) => ({
  headers: headers.map(([name, value]) => [name, value?.length ? value : null] as const),
}));
const nullHeadersToEmpty = change(({ headers }) => ({
  headers: headers.map(([name, value]) => [name, value ?? Buffer.alloc(0)] as const),
}));
const oneHeaderAName = change(({ headers }) => ({ headers: [...new Map(headers)] }));
const tombstonesToEmpty = change(({ value }) => ({ value: value ?? Buffer.alloc(0) }));
const emptyToTombstones = change(({ value }) => ({ value: value?.length ? value : null }));
const losesOne: Mutation = { arriving: (message, index) => (index === 3 ? [] : [message]) };
const losesFirst: Mutation = { arriving: (message, index) => (index === 0 ? [] : [message]) };
const losesSecond: Mutation = { arriving: (message, index) => (index === 1 ? [] : [message]) };
const repeatsOne: Mutation = { arriving: (message, index) => (index === 3 ? [message, message] : [message]) };

/** The check's own clean-up is no call of the check. */
const hangingShutdown = (calledWith: number): Mutation => ({
  face: (producer) => ({
    shutdown: (ms: number) => (ms === calledWith ? new Promise(() => {}) : producer.shutdown(ms)),
  }),
});
const twoShutdowns: Mutation = { face: (producer) => ({ shutdown: (ms: number) => producer.shutdown(ms).then() }) };
const noShutdown: Mutation = { face: () => ({ shutdown: async () => ({ delivered: 1 }) }) };

const stats = (extra: (real: { delivered: number }) => object): Mutation => ({
  face: (producer) => ({ stats: () => ({ ...producer.stats(), ...extra(producer.stats()) }) }),
});

const nothingRemains: Mutation = { face: () => ({ flush: async () => ({ remaining: 0 }) }) };
const flushOnlyLooks: Mutation = {
  face: (producer) => ({
    flush: async () => {
      await sleep(300);
      return { remaining: producer.stats().pending };
    },
  }),
};

const alwaysUnknown: Mutation = {
  face: (producer) => ({
    send: (message: never, options: never) =>
      producer.send(message, options).catch(() => {
        throw new DeliveryTimeoutError('late', 'unknown');
      }),
  }),
};
const noReason = (method: 'send' | 'enqueue'): Mutation => ({
  face: (producer) => ({
    [method]: (message: never, options: never) =>
      (producer[method](message, options) as Promise<unknown>).catch(({ outcome }: PublishError) => {
        throw method === 'send' ? new PublishError('aborted', outcome) : new PublishError('aborted', 'unknown');
      }),
  }),
});
const enqueuesNothing: Mutation = {
  face: (producer) => ({
    enqueue: async (message: { value: Uint8Array }, options: object) =>
      Buffer.from(message.value).toString() === '7' ? undefined : producer.enqueue(message, options),
  }),
};

const doubleReports: Mutation = {
  options: ({ deliveryReport, ...rest }) => ({
    ...rest,
    ...(deliveryReport && {
      deliveryReport: (...report: Parameters<typeof deliveryReport>) => {
        deliveryReport(...report);
        deliveryReport(...report);
      },
    }),
  }),
};

const forgetful = (server: LineServer): Partial<ContractServer> => ({
  restart: async () => {
    server.stored.length = 0;
  },
});

const unbounded: Mutation = { forgets: ['queue'] };
/** It does what it says that it does not do: for the checks of claims that are false. */
const nothingWrong: Mutation = {};

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'publishes a simple message': { ...cutsValues, because: /000102/ },
  'publishes with a key': { ...losesKeys, because: /user-123/ },
  'publishes without the key': { ...nothingWrong, because: /user-123/ },
  'publishes with headers': { ...losesHeaders, because: /traceparent|4bf92f|undefined/ },
  'publishes without headers': { ...nothingWrong, because: /4bf92f/ },
  'rejects with PublishError when the server is not there': {
    face: () => ({ publish: async () => ({}) }),
    because: /Missing expected rejection/,
  },
  'accounts for every message at every instant (I1)': {
    ...stats(({ delivered }) => ({ delivered: delivered + 1 })),
    because: /do not add up/,
  },
  'delivers in the order of acceptance (I5)': { Class: Swaps, because: /deep-equal/ },
  'delivers all, in any order': { ...repeatsOne, because: /deep-equal/ },
  'shuts down by its deadline, once, and counts everything (I7)': { ...twoShutdowns, because: /Promise/ },
  'shuts down by its deadline when the server is not there (I7)': { ...twoShutdowns, because: /Promise/ },

  'delivers every JSON value as JSON': {
    ...change(() => ({ value: Buffer.from('null') })),
    because: /deep-equal/,
  },
  'delivers bytes of every value, and many of them, as they are': { ...makesText, because: /000102/ },
  'delivers to the topic that a message names, else to its own': {
    forgets: ['topic'],
    patienceMs: SOON_MS,
    because: /no message on .*-own/,
  },
  'delivers errors to the error topic': {
    forgets: ['error_topic'],
    patienceMs: SOON_MS,
    because: /no message on .*-errors/,
  },
  'marks errors by a header where they have no topic': { ...losesHeaders, because: /'true'|null/ },
  'delivers errors where they have no topic': { ...nothingWrong, because: /true/ },
  'reports every message once, in its own words': { ...doubleReports, because: /one report for each message/ },
  'refuses what is no message, and has then not accepted it': {
    face: () => ({ produce: () => true }),
    because: /Missing expected exception/,
  },

  'delivers text headers exactly': { ...losesHeaders, because: /headers that arrived/ },
  'delivers binary headers exactly': { ...makesText, because: /headers that arrived/ },
  'delivers empty headers exactly': { ...emptyHeadersToNull, because: /headers that arrived/ },
  'delivers null headers exactly': { ...nullHeadersToEmpty, because: /headers that arrived/ },
  'delivers null headers as empty ones': { ...nothingWrong, because: /headers that arrived/ },
  'delivers repeated headers exactly': { ...oneHeaderAName, because: /headers that arrived/ },
  'delivers text keys exactly': { ...losesKeys, because: /the key that arrived/ },
  'delivers binary keys exactly': { ...makesText, because: /the key that arrived/ },
  'delivers a tombstone as one': { ...tombstonesToEmpty, because: /null/ },
  'delivers a tombstone as an empty value': { ...nothingWrong, because: /null/ },
  'refuses a tombstone': { ...nothingWrong, because: /should have been rejected/ },
  'delivers an empty value as an empty value': { ...emptyToTombstones, because: /null/ },
  ...everyShape('text', 'binary', 'empty', 'null', 'repeated'),

  'sends many messages in one request': { Class: OneByOne, because: /400 requests for 400/ },
  'sends each message by itself': { ...nothingWrong, because: /some shared a request/ },
  'delivers small and large messages in one stream, none cut, none lost': { ...cutsLarge, because: /were lost/ },

  'when_full: reject refuses what has no room (I3)': { ...unbounded, because: /25 !== 10/ },
  'when_full: block waits for room until the deadline (I3, I8)': {
    options: (options) => options,
    face: (producer) => ({ enqueue: (message: never) => producer.enqueue(message, { timeout: 0 }) }),
    because: /instead of 300/,
  },
  'when_full: drop_newest accepts, drops and counts (I1, I3)': { ...unbounded, because: /dropped/ },
  'when_full: drop_oldest accepts, drops and counts (I1, I3)': { ...unbounded, because: /dropped/ },
  'holds its bound in bytes (I3)': { ...unbounded, because: /into 64/ },
  'lets everything through a small queue, as room comes': { ...enqueuesNothing, because: /were lost/ },
  'waitForRoom reports whether there is capacity, by its deadline (I8)': {
    face: () => ({ waitForRoom: async () => true }),
    because: /true/,
  },

  'send ends at its deadline and reports what became of the message': { ...alwaysUnknown, because: /the counters/ },
  'send gives up when its signal is aborted': { ...noReason('send'), because: /message|undefined/ },
  'enqueue gives up when its signal is aborted': { ...noReason('enqueue'), because: /unknown/ },
  'flush ends by its deadline and reports how many remain': { ...nothingRemains, because: /remaining/ },
  'flush waits for what was accepted before it, and for nothing else': { ...nothingRemains, because: /did not wait/ },
  'start resolves once it is connected': { face: () => ({ start: async () => {} }), because: /created/ },
  'start ends by its deadline when the server is not there': {
    face: () => ({ start: () => Promise.reject(new Error('just so')) }),
    because: /just so/,
  },
  'check reports that a message gets there': {
    face: () => ({ check: async () => ({ ok: false, layers: [] }) }),
    because: /\[\]/,
  },
  'check reports that no message gets there, and why': {
    face: () => ({ check: async () => ({ ok: false, layers: [{ reached: true, ok: false }] }) }),
    because: /without a word/,
  },

  'has stored what was acknowledged: it outlives a restart of the server': {
    server: forgetful,
    patienceMs: SOON_MS,
    because: /no message on/,
  },
  'goes on by itself after a restart of the server': { ...losesSecond, patienceMs: SOON_MS, because: /no message on/ },
  'has stored what was acknowledged': { ...nothingWrong, because: /needs options.server/ },
  'has delivered what was acknowledged': {
    ...losesFirst,
    patienceMs: SOON_MS,
    because: /no message on/,
  },
  'loses nothing in an outage, blames no message for it, and keeps the order that it claims (I5, I6)': {
    Class: BlamesMessages,
    because: /charged to messages/,
  },
  'delivers each message once through outages': { ...repeatsOne, because: /arrived twice/ },
  'delivers each message at least once through outages': { Class: DiesOfOutages, because: /died of the outage/ },
  'flush ends a back-off, so that no caller waits for it in vain': { ...flushOnlyLooks, because: /remaining: 1/ },
  'shuts down in an outage by its deadline, and reports what is left (I7)': {
    face: (producer) => ({
      shutdown: async (ms: number) => {
        const { delivered, undelivered } = await producer.shutdown(ms);
        return { delivered: delivered + undelivered, undelivered: 0, spooled: 0 };
      },
    }),
    because: /delivered without a server/,
  },

  'runs its hooks on another thread (I4)': { Class: RunsInline, because: /^0 worker threads/ },
  'runs its hooks on the thread of the caller, and logs it': { ...nothingWrong, because: /^1 worker threads/ },
  'loses nothing when its worker dies, and keeps the order that it claims (I2, I5)': {
    ...losesOne,
    because: /were lost/,
  },
  'delivers each message once though its worker dies': { ...repeatsOne, because: /arrived twice/ },
  'delivers each message at least once though its worker dies': { ...losesOne, because: /were lost/ },

  'on_shutdown: dead_letter hands what is left to another producer, in order (I7)': {
    forgets: ['on_shutdown'],
    because: /deadLettered: 0/,
  },
  'dead-letters a poison message, once, and delivers the others in order (I6)': {
    Class: SwallowsPoison,
    because: /dead letters/,
  },
  'tells the sender of a poison message that it was dead-lettered': {
    Class: SwallowsPoison,
    because: /should have been rejected/,
  },
  'with a spool, what could not be delivered is delivered after a restart (I1, I2)': {
    ...unbounded,
    because: /0,\n/,
  },
  'with a spool, what was delivered is not delivered again after a restart': {
    ...stats(() => ({ recovered: 1 })),
    because: /recovered/,
  },

  '_close is safe before _connect and twice, and _connect works after it': { Class: ClosesOnce, because: /twice/ },
  '_close is safe after a _connect that failed, and twice': { Class: ClosesOnce, because: /twice/ },
  'shutdown(0) ends at once and counts what is left (I7)': { ...hangingShutdown(0), because: /longer than/ },
  'shuts down though it was never used': {
    face: () => ({ shutdown: async () => ({ timedOut: true }) }),
    because: /true/,
  },
  'Symbol.asyncDispose delivers what was accepted, and closes': {
    face: () => ({ [Symbol.asyncDispose]: async () => {} }),
    because: /delivered/,
  },
  'its thread is gone after the shutdown (I7)': { ...noShutdown, because: /no worker thread/ },
  'a process that has sent and shut down ends by itself (I7)': { Class: HoldsProcess, because: /null/ },
  'a process with an idle producer ends by itself (I7)': { Class: EndsBadly, because: /3/ },
  'shows no secret when the server is there, and may refuse it (I9)': { Class: Tells, because: /secret was shown/ },
  'shows no secret when the server is not there (I9)': { Class: Tells, because: /secret was shown/ },
};

/** What is claimed to be left out or refused, and arrives. */
function everyShape(...shapes: readonly string[]): Record<string, Mutant> {
  const cases = shapes.flatMap((shape) => [
    [`delivers ${shape} headers by leaving them out`, { ...nothingWrong, because: /headers that arrived/ }],
    [`delivers ${shape} headers by refusal`, { ...nothingWrong, because: /should have been rejected/ }],
    [`delivers ${shape} keys by leaving them out`, { ...nothingWrong, because: /the key that arrived/ }],
    [`delivers ${shape} keys by refusal`, { ...nothingWrong, because: /should have been rejected/ }],
  ]);
  return Object.fromEntries(cases);
}
