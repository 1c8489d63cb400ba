/** Flags that several commands share, and the context of every command. */

import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { milliseconds } from './flags.ts';
import { withJson } from './json-failure.ts';
import type { ExitCode } from './process/exit.ts';

const CONFIGS = ['config/producers.yaml', 'producers.yaml'] as const;
export const DEFAULT_CONFIGS = CONFIGS.join(', or ');

/** Returns the configuration for a command that names none: the first of these files that exists. */
export const defaultConfig = (): string => CONFIGS.find((file) => existsSync(file)) ?? CONFIGS[0];

export interface Context {
  readonly signal: AbortSignal;
  /** Sets the time, in ms, for which this command may run after that, if it is not the usual one. */
  grace(ms: number): void;
  finished(code: ExitCode): void;
}

export const configOption = () =>
  new Option('-c, --config <file>', 'the YAML file with the producers; - is the standard input').default(
    defaultConfig(),
    DEFAULT_CONFIGS,
  );

/** The flag of every command that shows its progress. */
export const progressOption = () => new Option('--no-progress', 'show no progress on a terminal');

type Timeout = readonly [text: string, ms: number, shown: string];

const DELIVERY_TIMEOUT: Timeout = ['how long to wait for connections, room and deliveries', 30_000, '30s'];
export const END_TIMEOUT: Timeout = [
  'how long the end may take, once the input has ended or a signal came',
  30_000,
  '30s',
];
export const CHECK_TIMEOUT: Timeout = ['how long the check of each producer may take', 10_000, '10s'];

export interface SharedFlags {
  /** What `--timeout` stands for, with its default. @default the time for connections, capacity and deliveries */
  readonly timeout?: Timeout;
  /** The result, for `--json`, of a run that failed before it had one. */
  readonly nothing: object;
}

/** Adds the flags of every command that can be tried out without a broker. */
export const withShared = (command: Command, flags: SharedFlags): Command =>
  withCommon(command, flags).option('--embedded', 'put an embedded Kafka cluster in the place of every Kafka broker');

/** Adds the flags of every command that talks to brokers. */
export function withCommon(command: Command, { timeout: limit = DELIVERY_TIMEOUT, nothing }: SharedFlags): Command {
  const [text, ms, shown] = limit;
  const timeout = new Option('--timeout <duration>', text);
  return withJson(command.addOption(configOption()), nothing)
    .addOption(timeout.argParser(milliseconds).default(ms, shown))
    .option('--verbose', 'say more of what happens');
}
