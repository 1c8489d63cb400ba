import { expect } from 'chai';
import { BaseProducerConfig } from '../../../../src/index.ts';
import { inspectKafka } from '../../../../src/kinds/kafka/config-check/inspect.ts';
import { Inspection } from '../../../../src/kinds/kafka/librdkafka/inspect/inspection.ts';
import { loadNative } from '../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { clientProperties } from '../../../../src/kinds/kafka/properties.ts';
import {
  isSecretProperty,
  rawProperties,
  refusal,
  settingFor,
  withoutSecrets,
} from '../../../../src/kinds/kafka/raw-properties.ts';
import { KafkaProducerConfig } from '../../../../src/kinds/kafka/schema.ts';

const inspection = new Inspection(loadNative());

/** Everything a configuration can say at once, so that every property that a setting stands for is there. */
const EVERYTHING = {
  ...{ username: 'u', password: 'p', ssl_cafile: '/ca', ssl_certfile: '/cert', ssl_keyfile: '/key', ssl_password: 'p' },
  transactional_id: 'orders',
};

describe('client: of a Kafka producer', () => {
  it('refuses every property that a setting stands for, by the name of that setting', () => {
    const config = KafkaProducerConfig.parse({ type: 'kafka', name: 'a', ...EVERYTHING });
    const { properties, topicProperties } = clientProperties(config);
    const chosen = [
      'message.timeout.ms',
      'partitioner',
      'reconnect.backoff.ms',
      'reconnect.backoff.max.ms',
      'connections.max.idle.ms',
      'retry.backoff.ms',
    ];
    const names = Object.keys({ ...properties, ...topicProperties }).filter((name) => !chosen.includes(name));
    expect(names).to.have.length(19);
    for (const name of names) {
      const setting = settingFor(name) ?? '';
      expect(Object.keys(KafkaProducerConfig.shape), name).to.include(setting);
      expect(Object.keys(BaseProducerConfig.shape), name).not.to.include(setting);
      expect(refusal(name, 'x', true), name).to.equal(`has a setting of its own: use '${setting}', next to 'client'`);
      expect(refusal(`topic.${name}`, 'x', true), name).to.equal(refusal(name, 'x', true));
    }
  });

  it('may say how soon a request is repeated, which is soon in transactions unless it says so', () => {
    const pauseOf = (config: object) =>
      clientProperties(KafkaProducerConfig.parse({ type: 'kafka', name: 'a', ...config })).properties[
        'retry.backoff.ms'
      ];
    expect(pauseOf({})).to.equal(undefined);
    expect(Number(pauseOf({ transactional_id: 'orders' }))).to.be.within(1, 20);
    expect(pauseOf({ transactional_id: 'orders', client: { 'retry.backoff.ms': 70 } })).to.equal('70');
  });

  it('refuses the other name of what it refuses', () => {
    // librdkafka keeps one value for a property and its aliases.
    const aliases = inspection.names().filter((name) => {
      const [value] = inspection.effective({ [name]: '7' }, [name]);
      return value === '7';
    });
    for (const alias of aliases)
      for (const name of aliases) {
        if (alias === name || inspection.effective({ [alias]: '7' }, [name])[0] !== '7') continue;
        if (inspection.effective({}, [name])[0] === '7') continue;
        expect(refusal(alias, '7', true) === undefined, `${alias} and ${name}`).to.equal(
          refusal(name, '7', true) === undefined,
        );
      }
    expect(aliases).to.include.members(['retries', 'message.send.max.retries', 'linger.ms', 'queue.buffering.max.ms']);
  });

  it('refuses what executes, loads or fakes, unless code allows it', () => {
    const unsafe = {
      'plugin.library.paths': 'x.so',
      'ssl.engine.location': 'x.so',
      'ssl.engine.id': 'dynamic',
      'ssl.providers': 'x',
      'sasl.kerberos.kinit.cmd': 'x',
      'sasl.kerberos.keytab': '"; x; "',
      'sasl.kerberos.principal': '$(x)',
      'test.mock.num.brokers': '1',
      'test.mock.broker.rtt': '1',
      'enable.sasl.oauthbearer.unsecure.jwt': 'true',
      'internal.termination.signal': '9',
    };
    for (const [name, value] of Object.entries(unsafe)) {
      expect(refusal(name, value, false), name).to.contain('refused unless code passes allowUnsafeClient: true');
      expect(refusal(name, value, true), name).to.equal(undefined);
      expect(
        inspectKafka({ client: { [name]: value } }).map(({ path }) => path[1]),
        name,
      ).to.deep.equal([name]);
    }
    expect(refusal('sasl.kerberos.principal', 'kafka/host.example@EXAMPLE', false)).to.equal(undefined);
  });

  it('refuses addresses and what outspool owns even then', () => {
    const functions = inspection
      .names()
      .filter((name) => /_cb$|^opaque$|^interceptors$|^default_topic_conf$/.test(name));
    expect(functions.length).to.be.at.least(10);
    for (const name of [...functions, 'ut_handle_ProduceResponse'])
      expect(refusal(name, '1', true), name).to.contain('takes an address');
    for (const name of ['message.timeout.ms', 'delivery.timeout.ms', 'log.queue', 'queuing.strategy'])
      expect(refusal(name, '1', true), name).to.be.a('string');
  });

  it('refuses a NUL, behind which librdkafka would see another name', () => {
    expect(refusal('plugin.library.paths\0', 'x', true)).to.contain('NUL');
    expect(refusal('client.rack', 'a\0b', true)).to.contain('NUL');
  });

  it('knows which properties belong to topics, which node-rdkafka wants apart', () => {
    const candidates = inspection.names().filter((name) => refusal(name, '1', false) === undefined);
    const ofTopics = candidates.filter((name) => Object.keys(rawProperties({ [name]: 1 }).topicProperties).length > 0);
    // librdkafka strips this prefix before it looks among the properties of topics, and there alone.
    const known = candidates.filter(
      (name) => !inspection.refused({ [`topic.${name}`]: 'x' }).some(({ unknown }) => unknown),
    );
    expect(ofTopics).to.deep.equal(known);
  });

  it('passes values on as texts', () => {
    expect(
      rawProperties({ 'socket.keepalive.enable': true, 'socket.max.fails': 3, 'topic.partitioner': 'random' }),
    ).to.deep.equal({
      properties: { 'socket.keepalive.enable': 'true', 'socket.max.fails': '3' },
      topicProperties: { partitioner: 'random' },
    });
  });

  it('never shows a secret', () => {
    for (const name of [
      'ssl.key.pem',
      'ssl.keystore.password',
      'sasl.oauthbearer.client.secret',
      'sasl.oauthbearer.config',
    ])
      expect(isSecretProperty(name), name).to.equal(true);
    const text = withoutSecrets('Invalid value "hunter2" for "x"', {
      'ssl.key.pem': 'hunter2',
      'client.id': 'Invalid',
    });
    expect(text).to.equal('Invalid value "***" for "x"');
    const findings = inspectKafka({
      client: { 'sasl.oauthbearer.method': 'hunter2', 'sasl.oauthbearer.grant.type': 'hunter2' },
    });
    expect(findings).to.have.length(2);
    expect(JSON.stringify(findings)).not.to.contain('hunter2');
  });

  it('hides nothing in the middle of words: neither what is no secret nor what is too short to be one', () => {
    const properties = { 'sasl.oauthbearer.client.id': 'build', 'sasl.oauthbearer.client.secret': 'me' };
    expect(withoutSecrets('not available at build time', properties)).to.equal('not available at build time');
    expect(withoutSecrets('x build', { 'sasl.oauthbearer.client.secret': 'build' })).to.equal('x ***');
  });
});
