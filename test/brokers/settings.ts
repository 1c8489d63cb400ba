/** The brokers' server.properties. */

import { join } from 'node:path';
import type { BrokerCertificates, Certificates } from './certificates.ts';
import {
  type Broker,
  CLUSTER_LISTENERS,
  type ClusterKafka,
  type Kafka,
  SINGLE_LISTENERS,
  type SingleKafka,
} from './state.ts';
import type { Users } from './users.ts';

export type Settings = Readonly<Record<string, string | number | boolean>>;

/** What both shapes have: everything is small and nothing waits. */
const SMALL: Settings = {
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'group.initial.rebalance.delay.ms': 0,
  'group.coordinator.append.linger.ms': 0,
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.num.partitions': 1,
  'num.partitions': 4,
  'num.network.threads': 1,
  'num.io.threads': 4,
  'num.recovery.threads.per.data.dir': 1,
  // Its default takes half of our heap.
  'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
  // A broker that was killed gives up its partitions after this.
  'broker.session.timeout.ms': 5000,
  'broker.heartbeat.interval.ms': 500,
  // One that stops just after its return still counts for its leaders until this, and holds up acks=all.
  'replica.lag.time.max.ms': 10_000,
};

export function singleSettings(broker: Broker, kafka: SingleKafka, certificates: BrokerCertificates): Settings {
  return {
    ...SMALL,
    ...identity(broker, kafka),
    ...listeners(broker, SINGLE_LISTENERS),
    ...replication(1),
    ...saslSettings(kafka.users, ['saslplaintext', 'saslssl', 'plainonly', 'controller']),
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.mechanism.controller.protocol': 'PLAIN',
    ...tlsSettings(certificates, kafka.certificates),
    'auto.create.topics.enable': true,
    'inter.broker.listener.name': 'PLAINONLY',
    'authorizer.class.name': AUTHORIZER,
    'super.users': 'User:admin',
  };
}

export function clusterSettings(broker: Broker, kafka: ClusterKafka): Settings {
  return {
    ...SMALL,
    ...identity(broker, kafka),
    ...listeners(broker, CLUSTER_LISTENERS),
    ...replication(kafka.brokers.length),
    ...saslSettings(kafka.users, ['saslplaintext']),
    'auto.create.topics.enable': false,
    'inter.broker.listener.name': 'PLAINTEXT',
    'authorizer.class.name': AUTHORIZER,
    // Plain text is free of rules; a user is bound by those that a test lays down.
    'super.users': 'User:ANONYMOUS;User:admin',
    'allow.everyone.if.no.acl.found': true,
  };
}

function identity(broker: Broker, kafka: Kafka<never>): Settings {
  const voters = kafka.brokers.map(({ id, ports }) => `${id}@127.0.0.1:${ports.controller}`);
  return {
    'node.id': broker.id,
    'controller.quorum.voters': voters.join(','),
    'log.dirs': join(broker.directory, 'data'),
  };
}

function listeners({ ports }: Broker, protocols: Readonly<Record<string, string>>): Settings {
  const names = Object.keys(protocols);
  const on = (host: string) => (name: string) => `${name.toUpperCase()}://${host}:${ports[name]}`;
  const advertised = names.filter((name) => name !== 'controller').map((name) => on(hostOf(protocols[name]))(name));
  return {
    listeners: names.map(on('127.0.0.1')).join(','),
    'advertised.listeners': advertised.join(','),
    'listener.security.protocol.map': names.map((name) => `${name.toUpperCase()}:${protocols[name]}`).join(','),
  };
}

/** Certificates are for names. */
export const hostOf = (protocol: string | undefined) => (protocol?.endsWith('SSL') ? 'localhost' : '127.0.0.1');

function replication(factor: number): Settings {
  const least = Math.min(factor, 2);
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': least,
    'offsets.topic.replication.factor': factor,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': least,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': least,
  };
}

const AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';
const ALL_MECHANISMS = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512';

/** How long a session lasts that began with SCRAM-SHA-256 on `saslSsl`. */
export const REAUTHENTICATION_MS = 5000;

function saslSettings({ admin, ...others }: Users, listeners: readonly string[]): Settings {
  const entries = [admin, ...Object.values(others)].map(({ username, password }) => `user_${username}="${password}"`);
  const own = `username="${admin.username}" password="${admin.password}"`;
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required ${own} ${entries.join(' ')};`;
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const settings: Record<string, string> = {};
  for (const name of listeners) {
    const everything = name.startsWith('sasl');
    settings[`listener.name.${name}.sasl.enabled.mechanisms`] = everything ? ALL_MECHANISMS : 'PLAIN';
    settings[`listener.name.${name}.plain.sasl.jaas.config`] = plain;
    if (!everything) continue;
    settings[`listener.name.${name}.scram-sha-256.sasl.jaas.config`] = scram;
    settings[`listener.name.${name}.scram-sha-512.sasl.jaas.config`] = scram;
  }
  settings['listener.name.saslssl.scram-sha-256.connections.max.reauth.ms'] = `${REAUTHENTICATION_MS}`;
  return settings;
}

function tlsSettings(own: BrokerCertificates, { ca }: Certificates): Settings {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': own.broker,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': ca,
    'ssl.client.auth': 'none',
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',
    'listener.name.mtls.ssl.client.auth': 'required',
    ...keyStore('expired', own.expired),
    ...keyStore('misnamed', own.misnamed),
  };
}

/** A listener's own store is not merged with the general one: type and place go together. */
const keyStore = (listener: string, location: string): Settings => ({
  [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
  [`listener.name.${listener}.ssl.keystore.location`]: location,
});
