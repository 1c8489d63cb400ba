/** What `check()` finds of a transactional producer on Apache Kafka: its permissions, and whether it was fenced. */

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import kafkajs, { type AclEntry } from 'kafkajs';
import { stringify } from 'yaml';
import type { CheckReport } from '../../src/caller/check/check.ts';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { quiet } from '../support/quiet.ts';
import { lastJson, runCommand } from '../support/run-command.ts';
import { PATIENT } from '../support/until.ts';
import { withAdmin } from './admin.ts';
import { brokers, createTopic } from './index.ts';
import { asUser, secure } from './secure.ts';

const { AclOperationTypes: Operation, AclPermissionTypes: Permission } = kafkajs;
const { AclResourceTypes: Resource, ResourcePatternTypes: Pattern } = kafkajs;

type Settings = Readonly<Record<string, string>>;
type On = Pick<AclEntry, 'resourceType' | 'resourceName' | 'operation'>;

describe('the rights of a transactional producer as check() sees them', () => {
  const kafka = brokers('single');
  const { users, bootstrapServers } = kafka;
  const topic = `rights-${randomUUID()}`;
  const newId = () => `rights-${randomUUID()}`;

  /** To everyone but the admin, for exactly these names. */
  const entry = (on: On, permissionType: number, user = '*'): AclEntry => ({
    ...{ ...on, permissionType, host: '*', principal: `User:${user}`, resourcePatternType: Pattern.LITERAL },
  });
  const asAdmin = {
    brokers: [bootstrapServers.plainOnly],
    sasl: { mechanism: 'plain' as const, ...users.admin },
  };
  const rules: AclEntry[] = [];
  const rule = async (...acl: AclEntry[]) => {
    rules.push(...acl);
    await withAdmin(asAdmin, (admin) => admin.createAcls({ acl }));
  };
  const deny = (resourceType: number, resourceName: string, operation: number) =>
    rule(entry({ resourceType, resourceName, operation }, Permission.DENY));
  const allow = (user: string, resourceType: number, resourceName: string, operation: number) =>
    rule(entry({ resourceType, resourceName, operation }, Permission.ALLOW, user));

  /** What a user may do elsewhere is the subject of other tests. */
  after(() => withAdmin(asAdmin, (admin) => admin.deleteAcls({ filters: rules })));

  before(async () => {
    await createTopic(kafka, topic, { partitions: 1 });
    for (const user of ['writer', 'guest']) {
      await allow(user, Resource.TOPIC, topic, Operation.READ);
      await allow(user, Resource.TOPIC, topic, Operation.WRITE);
    }
    await rule(
      entry({ resourceType: Resource.GROUP, resourceName: '*', operation: Operation.READ }, Permission.ALLOW, 'guest'),
    );
  });

  const create = (transactional_id: string, settings: Settings) => {
    const config = { ...settings, bootstrap_servers: String(settings.bootstrap_servers), transactional_id };
    return new KafkaProducer({ type: 'kafka', name: 'rights', topic, ...config }, { logger: quiet });
  };

  async function check(id: string, settings: Settings): Promise<CheckReport> {
    const producer = create(id, settings);
    const report = await producer.check({ timeout: 5000 });
    await producer.shutdown(500);
    return report;
  }

  const rights = ({ layers }: CheckReport) => layers.find(({ layer }) => layer === 'authorisation');

  const ways: Readonly<Record<string, Settings>> = {
    plaintext: secure(kafka, 'plaintext'),
    'SASL_PLAINTEXT with PLAIN': secure(kafka, 'saslPlaintext'),
    'SASL_SSL with PLAIN': secure(kafka, 'saslSsl'),
    'SASL_SSL with SCRAM-SHA-256': secure(kafka, 'saslSsl', 'SCRAM-SHA-256'),
    'SASL_SSL with SCRAM-SHA-512': secure(kafka, 'saslSsl', 'SCRAM-SHA-512'),
    'a client certificate': secure(kafka, 'mtls'),
  };

  for (const [how, settings] of Object.entries(ways)) {
    it(`are there, and are found missing: ${how}`, async () => {
      const [free, noWrite, noDescribe, noGroup] = [newId(), newId(), newId(), newId()];
      await deny(Resource.TRANSACTIONAL_ID, `${noWrite}-0`, Operation.WRITE);
      await deny(Resource.TRANSACTIONAL_ID, `${noDescribe}-0`, Operation.DESCRIBE);
      await deny(Resource.GROUP, `outspool-${noGroup}-0`, Operation.READ);

      const report = await check(free, settings);
      expect(report.ok, JSON.stringify(report)).to.equal(true);
      expect(rights(report)?.note).to.equal(`may write to ${topic}; may use '${free}-0'`);

      for (const id of [noWrite, noDescribe]) {
        const refused = rights(await check(id, settings));
        expect(refused).to.include({ ok: false, setting: 'transactional_id' });
        expect(refused?.problem).to.equal(`no permission to use the transactional id '${id}-0'`);
        expect(refused?.advice).to.match(/^have WRITE and DESCRIBE on it granted to this user/);
      }
      const refused = rights(await check(noGroup, settings));
      expect(refused).to.include({ ok: false, setting: 'transactional_id' });
      expect(refused?.problem).to.contain(`no permission to use the group 'outspool-${noGroup}-0'`);
      expect(refused?.advice).to.match(/^have READ on it granted to this user/);
    });
  }

  const asGuest = { ...secure(kafka, 'saslSsl'), ...asUser(users.guest) };

  it('are missing where nothing was granted', async () => {
    expect(rights(await check(newId(), asGuest))?.problem).to.contain('no permission to use the transactional id');
  });

  it('include READ on the topic', async () => {
    const unread = `rights-${randomUUID()}`;
    await createTopic(kafka, unread, { partitions: 1 });
    const producer = create(newId(), { ...secure(kafka, 'saslSsl'), topic: unread });
    const found = rights(await producer.check({ topic: unread }));
    expect(found).to.include({ ok: false, setting: 'topic' });
    expect(found?.problem).to.contain(`no permission to commit an offset for the topic ${unread}`);
    expect(found?.advice).to.match(/READ on it.*in addition to WRITE/);
    await producer.shutdown(500);
  });

  it('are those of the configured id for `produce check`, and of an id of its own for `--send`', async () => {
    const [id, folder] = [newId(), mkdtempSync(join(tmpdir(), 'outspool-rights-'))];
    for (const operation of [Operation.WRITE, Operation.DESCRIBE])
      await allow('guest', Resource.TRANSACTIONAL_ID, `${id}-0`, operation);
    const producer = { type: 'kafka', name: 'rights', topic, ...asGuest, transactional_id: id };
    writeFileSync(join(folder, 'producers.yaml'), stringify({ producers: [producer] }));
    const args = ['check', '-c', 'producers.yaml', '--json', '--timeout', '5s'];
    const looked = await runCommand({ args, cwd: folder });
    expect(looked.code, looked.stderr).to.equal(0);
    expect(JSON.stringify(lastJson(looked))).to.contain(`may use '${id}-0'`);
    const sent = await runCommand({ args: [...args, '--send'], cwd: folder });
    expect(sent.code).to.equal(3);
    expect(sent.stderr).to.contain(`no permission to use the transactional id '${id}-produce-`);
    rmSync(folder, { recursive: true });
  });

  it('are looked at without harm to a producer that has the id; once another one has it, the check of the first fails', async () => {
    const id = newId();
    const [first, second] = [create(id, secure(kafka, 'plaintext')), create(id, secure(kafka, 'plaintext'))];
    await first.send({ value: 1 }, PATIENT);
    for (const _time of [1, 2, 3]) expect((await second.check()).ok).to.equal(true);
    await first.send({ value: 2 }, PATIENT);
    expect((await first.check()).ok).to.equal(true);

    await second.send({ value: 3 }, PATIENT);
    await first.send({ value: 4 }, PATIENT).catch(() => {});
    expect(first.stats().state).to.equal('failed');
    const report = await first.check();
    expect(report.ok).to.equal(false);
    expect(report.layers[0]).to.include({ layer: 'producer', ok: false, setting: 'transactional_id' });
    expect(report.layers[0]?.problem).to.match(/has failed and takes no more messages: fenced: another producer/);
    expect((await second.check()).ok).to.equal(true);
    await Promise.all([first.shutdown(500), second.shutdown(2000)]);
  });
});
