/** What is up, as it stands in the state file. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Certificates } from './certificates.ts';
import { BrokersError } from './java.ts';
import { type Shape, stateFile } from './places.ts';
import type { Users } from './users.ts';

/** One process. Its pid is in a file of its own, as it changes with each restart. */
export interface Broker {
  readonly shape: Shape;
  readonly id: number;
  /** Its settings, log, data and pid. */
  readonly directory: string;
  /** On 127.0.0.1, by listener; the same after a restart. */
  readonly ports: Readonly<Record<string, number>>;
}

/** What a client may connect to. */
export type SingleListener = Exclude<keyof typeof SINGLE_LISTENERS, 'controller'>;

/** The single broker's listeners and their security. Principals without a password or certificate are ANONYMOUS. */
export const SINGLE_LISTENERS = {
  plaintext: 'PLAINTEXT',
  /** PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; `saslSsl` too. */
  saslPlaintext: 'SASL_PLAINTEXT',
  saslSsl: 'SASL_SSL',
  /** Knows the mechanism PLAIN alone. */
  plainOnly: 'SASL_PLAINTEXT',
  /** Asks for no client certificate. */
  ssl: 'SSL',
  /** Demands a client certificate; its principal is the common name. */
  mtls: 'SSL',
  /** Presents a certificate that has expired. */
  expired: 'SSL',
  /** Presents a certificate for another host. */
  misnamed: 'SSL',
  controller: 'SASL_PLAINTEXT',
} as const;

export const CLUSTER_LISTENERS = {
  plaintext: 'PLAINTEXT',
  /** As the single broker's. */
  saslPlaintext: 'SASL_PLAINTEXT',
  controller: 'PLAINTEXT',
} as const;

export type ClusterListener = Exclude<keyof typeof CLUSTER_LISTENERS, 'controller'>;

export interface Kafka<Listener extends string> {
  readonly shape: Shape;
  readonly kafkaVersion: string;
  readonly clusterId: string;
  readonly brokers: readonly Broker[];
  /** `host:port,…` by listener. */
  readonly bootstrapServers: Readonly<Record<Listener, string>>;
}

export interface SingleKafka extends Kafka<SingleListener> {
  readonly users: Users;
  readonly certificates: Certificates;
}

export interface ClusterKafka extends Kafka<ClusterListener> {
  readonly users: Users;
}

/** @throws BrokersError when the shape is not up */
export function brokers(shape: 'single'): SingleKafka;
export function brokers(shape: 'cluster'): ClusterKafka;
export function brokers(shape: Shape): Kafka<'plaintext'>;
export function brokers(shape: Shape): Kafka<'plaintext'> {
  if (!isUp(shape)) throw new BrokersError(`Apache Kafka (${shape}) is not up: npm run brokers -- up ${shape}`);
  return JSON.parse(readFileSync(stateFile(shape), 'utf8')) as Kafka<'plaintext'>;
}

export const isUp = (shape: Shape) => existsSync(stateFile(shape));

/** It holds passwords, so nobody else reads it. */
export function writeState(kafka: Kafka<never>): void {
  writeFileSync(stateFile(kafka.shape), `${JSON.stringify(kafka, null, 2)}\n`, { mode: 0o600 });
}
