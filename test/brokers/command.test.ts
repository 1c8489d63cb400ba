/** The command on Apache Kafka: beside a producer that runs, and over TLS. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { check } from '../../src/cli/check/check.ts';
import { send } from '../../src/cli/send/send.ts';
import { smoke } from '../../src/cli/smoke/smoke.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { quiet } from '../support/quiet.ts';
import { PATIENT } from '../support/until.ts';
import { brokers, createTopic } from './index.ts';
import { asUser, secure } from './secure.ts';

describe('the command on Apache Kafka', function () {
  this.timeout(60_000);

  const kafka = brokers('single');
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'outspool-command-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  interface Definition {
    readonly type: 'kafka';
    readonly name: string;
  }

  async function producerOn(settings: object): Promise<Definition> {
    const name = `command-${randomUUID()}`;
    await createTopic(kafka, name);
    return { type: 'kafka', name, ...settings };
  }

  function options(definition: Definition) {
    const config = join(folder, `${definition.name}.yaml`);
    writeFileSync(config, stringify({ producers: [definition] }));
    return { config, timeoutMs: 20_000, signal: new AbortController().signal };
  }

  const COMMANDS = {
    'check --send': (one: Definition) => check({ ...options(one), names: [], send: true }),
    smoke: (one: Definition) => smoke({ ...options(one), messages: 10 }),
    send: (one: Definition) => send({ ...options(one), producer: one.name, value: '1' }),
  };

  for (const [command, run] of Object.entries(COMMANDS))
    it(`${command} does not end the running producer with the same transactional id`, async () => {
      const transactions = { bootstrap_servers: kafka.bootstrapServers.plaintext, transactional_id: randomUUID() };
      const definition = await producerOn(transactions);
      const running = new KafkaProducer(definition, { logger: quiet });
      try {
        await running.send({ value: 'before' }, PATIENT);
        expect(await run(definition)).to.equal(0);
        expect(await running.send({ value: 'after' }, PATIENT)).to.include({ topic: definition.name });
      } finally {
        await running.shutdown();
      }
    });

  /** The readers of a topic need another right than its writers. */
  const SECURE = {
    ssl: secure(kafka, 'ssl'),
    mtls: secure(kafka, 'mtls'),
    saslSsl: { ...secure(kafka, 'saslSsl'), ...asUser(kafka.users.admin) },
  };

  for (const [listener, settings] of Object.entries(SECURE))
    it(`smoke reads back over ${listener}`, async () => {
      expect(await COMMANDS.smoke(await producerOn(settings))).to.equal(0);
    });
});
