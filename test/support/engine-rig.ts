/** An engine on this thread: a scripted transport behind it, and a log to look into. */

import { Engine } from '../../src/caller/engine.ts';
import { InlineHost } from '../../src/caller/link/inline-host.ts';
import type { EngineOptions } from '../../src/caller/options.ts';
import type { Logger } from '../../src/shared/log/logger.ts';
import { systemClock } from '../../src/shared/util/clock.ts';
import { ScriptedTransport } from './scripted-transport.ts';

export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function noting(lines: LogLine[]): Logger {
  const at = (level: keyof Logger) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export class EngineRig {
  readonly transport: ScriptedTransport;
  readonly logs: LogLine[] = [];
  readonly engine: Engine;

  constructor(transport = new ScriptedTransport(), options: Partial<EngineOptions> = {}) {
    this.transport = transport;
    this.engine = new Engine({
      name: 'rig',
      maxMessages: 100_000,
      maxBytes: 2 ** 20,
      whenFull: 'block',
      highWaterMark: 0.8,
      ledgerBytes: 0,
      logger: noting(this.logs),
      clock: systemClock,
      listeners: [],
      deadLetter: undefined,
      onShutdown: 'undelivered',
      createHost: (shared, callbacks) => new InlineHost(() => this.transport, shared, callbacks),
      reclaim: () => {},
      ...options,
      settings: {
        topic: 'rig',
        errorTopic: 'rig-errors',
        maxRetries: 5,
        maxResets: Number.POSITIVE_INFINITY,
        backoffMs: 60_000,
        connectTimeoutMs: 10_000,
        attemptTimeoutMs: 30_000,
        ...options.settings,
      },
    });
  }

  produce(...values: readonly (string | number)[]): void {
    for (const value of values) this.engine.accept({ value }, { isError: false, report: false });
  }

  enqueue(value: number, wait = {}): Promise<unknown> {
    return this.engine.acceptWhenRoom({ value }, { isError: false, report: false }, wait);
  }
}

/** A transport whose messages stay in flight until they are let go. */
export class HeldTransport extends ScriptedTransport {
  #release: () => void = () => {};

  constructor() {
    const gate = { open: Promise.resolve() };
    super(() => gate.open);
    gate.open = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }
}
