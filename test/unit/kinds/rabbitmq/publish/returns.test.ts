/** Whether a returned message is its own fault, or what the configuration names is away. */

import { EventEmitter } from 'node:events';
import type { ChannelModel } from 'amqplib';
import { expect } from 'chai';
import fc from 'fast-check';
import { Addressing } from '../../../../../src/kinds/rabbitmq/addressing.ts';
import { Returns } from '../../../../../src/kinds/rabbitmq/publish/returns.ts';
import { endError } from '../../../../../src/kinds/rabbitmq/replies.ts';
import { condemns, demandsReset } from '../../../../../src/shared/classify-error.ts';
import { topicRefusal } from '../../../../support/rabbit-refusal.ts';

type Settings = ConstructorParameters<typeof Addressing>[0] & Partial<ConstructorParameters<typeof Returns>[1]>;

/** A connection on which `queue` is there, or each question about it fails with `code`. */
function connection(code?: number) {
  const opened: EventEmitter[] = [];
  const createChannel = async () => {
    const checkQueue = async () => {
      if (code !== undefined) throw Object.assign(new Error('no'), { code });
    };
    opened.push(Object.assign(new EventEmitter(), { checkQueue }));
    return opened.at(-1);
  };
  return { model: { createChannel } as unknown as ChannelModel, opened };
}

const kind = (error: Error) => (demandsReset(error) ? 'outage' : (condemns(error) ?? 'transient'));

async function returned(settings: Settings, [exchange, routingKey]: readonly [string, string], code?: number) {
  const defaults = { declare: false, exchange_type: 'topic', binding_key: '#' };
  const addressing = new Addressing({ name: 'producer', ...settings });
  const returns = new Returns(connection(code).model, { ...defaults, ...settings } as never, addressing);
  return kind(await returns.errorOf({ replyCode: 312, replyText: 'NO_ROUTE', exchange, routingKey }));
}

describe('a message that RabbitMQ returns', () => {
  const declared = { exchange: 'e', queue_name: 'q', declare: true };
  const bound = { exchange: 'e', queue_name: 'q' };
  const rows: readonly (readonly [string, Settings, readonly [string, string], 'outage' | 'message', number?])[] = [
    ['the configured queue', { queue_name: 'q' }, ['', 'q'], 'outage'],
    ['a routing key that holds nothing of the message', { exchange: 'e', routing_key: 'r' }, ['e', 'r'], 'outage'],
    ['that of errors', { exchange: 'e', error_exchange: 'f', error_routing_key: 's' }, ['f', 's'], 'outage'],
    ['the configured topic', { topic: 't' }, ['', 't'], 'outage'],
    ['the configured topic of errors', { error_topic: 't', exchange: 'e' }, ['e', 't'], 'outage'],
    ['the configured topic within a template', { topic: 't', routing_key: 'a.{topic}' }, ['', 'a.t'], 'outage'],
    ["the producer's name, which is its topic", {}, ['', 'producer'], 'outage'],
    ['a topic of the message', { topic: 't' }, ['', 'other'], 'message'],
    ['a topic of the message at an exchange', { exchange: 'e', topic: 't' }, ['e', 'other'], 'message'],
    ['a key of the message', { routing_key: '{key}', topic: '{key}' }, ['', 'k'], 'message'],
    [
      'a topic of the message, beside a configured queue',
      { queue_name: 'q', routing_key: '{topic}' },
      ['', 'x'],
      'message',
    ],
    ['what the declared binding takes', declared, ['e', 'x'], 'outage'],
    ['a fanout', { ...declared, exchange_type: 'fanout', binding_key: 'b' }, ['e', 'x'], 'outage'],
    ['the key of a direct binding', { ...declared, exchange_type: 'direct', binding_key: 'b' }, ['e', 'b'], 'outage'],
    ['a pattern that it matches', { ...declared, binding_key: 't.#' }, ['e', 't.2'], 'outage'],
    ['a pattern that it does not match', { ...declared, binding_key: 't.*' }, ['e', 't'], 'message'],
    ['a pattern, which is none on a direct exchange', { ...declared, exchange_type: 'direct' }, ['e', 'x'], 'message'],
    ['a headers exchange', { ...declared, exchange_type: 'headers' }, ['e', 'x'], 'outage'],
    ['an exchange of a plugin', { ...declared, exchange_type: 'x-random' }, ['e', 'x'], 'message'],
    [
      'an exchange of a plugin, the queue is gone',
      { ...declared, exchange_type: 'x-random' },
      ['e', 'x'],
      'outage',
      404,
    ],
    ['a pattern that was not declared', { ...bound, binding_key: 't.#' }, ['e', 't.2'], 'message'],
    ['another key, the queue is there', { ...declared, binding_key: 'b' }, ['e', 'x'], 'message'],
    ['another key, the queue is gone', { ...declared, binding_key: 'b' }, ['e', 'x'], 'outage', 404],
    ['a bound queue that is there', bound, ['e', 'x'], 'message'],
    ['a bound queue that is gone', bound, ['e', 'x'], 'outage', 404],
    ['a bound queue that is in use elsewhere', bound, ['e', 'x'], 'message', 405],
    [
      'an exchange that has nothing to do with the queue',
      { ...bound, error_exchange: 'f' },
      ['f', 'x'],
      'message',
      404,
    ],
  ];
  for (const [what, settings, address, expected, code] of rows)
    it(`because of ${what}: ${expected}`, async () => {
      expect(await returned(settings, address, code)).to.equal(expected);
    });

  it('is asked about on one channel, as long as that is open', async () => {
    const { model, opened } = connection();
    const settings = { exchange: 'e', queue_name: 'q', declare: false, exchange_type: 'topic', binding_key: '#' };
    const returns = new Returns(model, settings, new Addressing(settings));
    const reply = { replyCode: 312, replyText: 'NO_ROUTE', exchange: 'e', routingKey: 'x' };
    await Promise.all([returns.errorOf(reply), returns.errorOf(reply)]);
    await returns.errorOf(reply);
    expect(opened).to.have.lengthOf(1);
  });
});

describe('a channel that RabbitMQ closes', () => {
  const closed = (code: number, text: string, settings: Settings = {}, what: 'channel' | 'connection' = 'channel') => {
    const addressing = new Addressing({ exchange: 'e', ...settings });
    const error = Object.assign(new Error(`Channel closed by server: ${code} (X) with message "X - ${text}"`), {
      code,
    });
    return kind(endError(what, error, addressing.configured));
  };
  const topic = (key: string) => `access to topic '${key}' in exchange 'e' in vhost '/' refused for user 'u'`;

  it('for what the configuration names is an outage', () => {
    expect(closed(404, "no exchange 'e' in vhost '/'")).to.equal('outage');
    expect(closed(403, "access to exchange 'e' in vhost '/' refused for user 'u'")).to.equal('outage');
    expect(closed(403, "write access to exchange 'e' in vhost '/' refused for user 'u'")).to.equal('outage');
    expect(closed(403, "cannot publish to internal exchange 'e' in vhost '/'")).to.equal('outage');
    expect(closed(403, topic('fixed'), { routing_key: 'fixed' })).to.equal('outage');
    expect(closed(403, 'the token has expired', {}, 'connection')).to.equal('outage');
  });

  it('for a configured routing key is an outage however long its text is, and for another one it is not', () => {
    const name = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'ä.€x'), minLength: 1, maxLength });
    const short = (text: string) => Buffer.byteLength(text) <= 250;
    const [key, exchange] = [name(250).filter(short), name(250).filter(short)];
    fc.assert(
      fc.property(key, exchange, fc.constantFrom('routing_key', 'topic', 'error_topic'), (routingKey, to, setting) => {
        const settings = { exchange: to, [setting]: routingKey };
        expect(closed(403, topicRefusal({ exchange: to, routingKey }), settings)).to.equal('outage');
        const own = topicRefusal({ exchange: to, routingKey: `own.${routingKey}` });
        expect(closed(403, own, settings)).to.equal('set');
      }),
    );
  });

  it('is told from the whole routing key, also where that quotes the text of a refusal', () => {
    const quoting = "'|' in exchange '|' in vhost '|access to topic '|/' refused for user 'u'|...|x".split('|');
    const text = fc.array(fc.constantFrom(...quoting), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const isWhole = (refusal: string) => !refusal.endsWith('...');
    fc.assert(
      fc.property(text, text, text, fc.nat(30), (routingKey, to, rest, length) => {
        const settings = { exchange: to, topic: routingKey, error_exchange: 'f', error_topic: 'x' };
        expect(closed(403, topicRefusal({ exchange: to, routingKey }), settings)).to.equal('outage');
        const quoted = `' in exchange '${to}' in vhost '`;
        const hostile = [rest, quoted.slice(0, length), quoted.slice(0, -1), quoted + rest].map(
          (end) => routingKey + end,
        );
        for (const exchange of [to, 'f'])
          for (const own of [rest, ...hostile].filter((key) => key !== routingKey && key !== 'x')) {
            const refusal = topicRefusal({ exchange, routingKey: own });
            if (isWhole(refusal)) expect(closed(403, refusal, settings), refusal).to.equal('set');
          }
      }),
      { numRuns: 1000 },
    );
  });

  it('for a routing key that quotes the configured address is that of a message', () => {
    const quote = (exchange: string, routingKey: string) => `${routingKey}' in exchange '${exchange}' in vhost '`;
    for (const routingKey of [quote('e', 'orders'), quote('e', 'orders') + 'v'.repeat(150)])
      expect(closed(403, topicRefusal({ exchange: 'e', routingKey }), { topic: 'orders' })).to.equal('set');
    const [user, pass] = ['u'.repeat(250), 'orders'];
    const truncated = `ACCESS_REFUSED - ${topic(pass).replace("'u'", `'${user}`)}`.slice(0, 252);
    expect(closed(403, `${truncated}...`, { topic: pass }), 'a long name of the user').to.equal('outage');
  });

  it('for what a message names or holds is that of a message', () => {
    expect(closed(403, topic('of.the.message'))).to.equal('set');
    expect(closed(403, `write ${topic('of.the.message')}`)).to.equal('set');
    expect(closed(403, topic('k'.repeat(255)).slice(0, 240)), 'a text that is cut off').to.equal('set');
    expect(closed(403, topic("it's 'quoted' in exchange 'x' in vhost"))).to.equal('set');
    for (const code of [311, 406, 501, 502, 504]) expect(closed(code, 'because'), String(code)).to.equal('set');
  });

  it('for anything else may pass', () => {
    for (const code of [320, 405, 506, 530, 541]) expect(closed(code, 'because'), String(code)).to.equal('transient');
  });
});
