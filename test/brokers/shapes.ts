/** What each shape consists of: its brokers, ports, users, certificates, and the files that start it. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificates } from './certificates.ts';
import { BrokersError, JAVA, kafkaVersion } from './java.ts';
import { type Shape, shapeDirectory } from './places.ts';
import { freePorts } from './ports.ts';
import { java, settingsFile } from './processes.ts';
import { clusterSettings, hostOf, type Settings, singleSettings } from './settings.ts';
import {
  type Broker,
  CLUSTER_LISTENERS,
  type ClusterKafka,
  type Kafka,
  SINGLE_LISTENERS,
  type SingleKafka,
} from './state.ts';
import { newUsers, type Users } from './users.ts';

/** Makes the shape's folder with everything in it but the state file; starts nothing. */
export const prepare = (shape: Shape): Promise<Kafka<never>> => (shape === 'single' ? single() : cluster());

async function single(): Promise<SingleKafka> {
  const { forClients, forBrokers } = await makeCertificates(join(shapeDirectory('single'), 'certificates'));
  const users = newUsers();
  const kafka = { ...(await outline('single', 1, SINGLE_LISTENERS)), users, certificates: forClients };
  await Promise.all(
    kafka.brokers.map((broker) => format(broker, kafka, singleSettings(broker, kafka, forBrokers), users)),
  );
  return kafka;
}

async function cluster(): Promise<ClusterKafka> {
  const users = newUsers();
  const kafka = { ...(await outline('cluster', 3, CLUSTER_LISTENERS)), users };
  await Promise.all(kafka.brokers.map((broker) => format(broker, kafka, clusterSettings(broker, kafka), users)));
  return kafka;
}

async function outline<Name extends string>(shape: Shape, count: number, protocols: Readonly<Record<Name, string>>) {
  const names = Object.keys(protocols) as Name[];
  const free = await freePorts(count * names.length);
  const brokers = Array.from({ length: count }, (_, index): Broker => {
    const ports = names.map((name) => [name, free.pop() as number] as const);
    const directory = join(shapeDirectory(shape), `broker-${index + 1}`);
    return { shape, id: index + 1, directory, ports: Object.fromEntries(ports) };
  });
  const address = (name: Name) => brokers.map(({ ports }) => `${hostOf(protocols[name])}:${ports[name]}`).join(',');
  const bootstrapServers = Object.fromEntries(names.map((name) => [name, address(name)])) as Record<Name, string>;
  return { shape, kafkaVersion: kafkaVersion(), clusterId: clusterId(), brokers, bootstrapServers };
}

/** 16 bytes; Kafka's command would take a leading dash for an option. */
const clusterId = () => randomBytes(16).toString('base64url').replace(/^-/, 'A');

async function format(broker: Broker, kafka: Kafka<never>, settings: Settings, users: Users): Promise<void> {
  mkdirSync(broker.directory, { recursive: true });
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(settingsFile(broker), lines.join(''), { mode: 0o600 });
  await formatBroker(broker, kafka, users);
}

/** Lays out an empty disk by the settings that are there. */
export async function formatBroker(broker: Broker, { clusterId }: Kafka<never>, users: Users): Promise<void> {
  const args = ['format', '--cluster-id', clusterId, '--config', settingsFile(broker)];
  await run(java('kafka.tools.StorageTool', [...args, ...scramArguments(users)]));
}

/** SCRAM's users must be there before the first of them connects, so they are formatted in. */
function scramArguments(users: Users): string[] {
  const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
  const entry = (name: string, password: string) => `[name=${name},iterations=4096,password=${password}]`;
  return Object.values(users).flatMap(({ username, password }) =>
    mechanisms.flatMap((mechanism) => ['--add-scram', `${mechanism}=${entry(username, password)}`]),
  );
}

function run(args: readonly string[]): Promise<void> {
  const child = spawn(JAVA, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      if (code === 0) resolve();
      else reject(new BrokersError(`the storage could not be formatted:\n${said.trim()}`));
    });
  });
}
