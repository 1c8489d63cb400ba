import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { LoadedProducer } from '../../../src/config/load.ts';
import { DeadLetterLinks } from '../../../src/routing/dead-letter-links.ts';
import { routeTo } from '../../../src/routing/dead-letter-route.ts';
import { ConfigError } from '../../../src/shared/errors.ts';
import type { MessageInput } from '../../../src/shared/message/message.ts';
import { letterOf } from '../../support/letters.ts';

const defined = (links: Record<string, string | undefined>) =>
  Object.entries(links).map(([name, producer]) => ({
    config: { name, ...(producer !== undefined && { dead_letter: { producer } }) },
  })) as unknown as LoadedProducer[];

describe('producers that take the dead letters of others', () => {
  it('end after all their sources, and everything else at the same time', async () => {
    const links = new DeadLetterLinks(
      defined({ last: undefined, a: 'middle', b: 'middle', middle: 'last', alone: undefined }),
    );
    const events: string[] = [];
    const results = await links.inOrder(['last', 'a', 'b', 'middle', 'alone'], async (name) => {
      events.push(`${name} begins`);
      await sleep(name === 'b' ? 20 : 5);
      events.push(`${name} ends`);
      return name.length;
    });
    expect(events.slice(0, 3)).to.have.members(['a begins', 'b begins', 'alone begins']);
    expect(events.slice(-5)).to.deep.equal(['b ends', 'middle begins', 'middle ends', 'last begins', 'last ends']);
    expect(results).to.deep.equal({ last: 4, a: 1, b: 1, middle: 6, alone: 5 });
  });

  it('end also when a source fails to', async () => {
    const links = new DeadLetterLinks(defined({ a: 'b', b: undefined }));
    const ended: string[] = [];
    await links
      .inOrder(['a', 'b'], async (name) => {
        if (name === 'a') throw new Error('no');
        ended.push(name);
      })
      .catch(() => {});
    await sleep(5);
    expect(ended).to.deep.equal(['b']);
  });

  it('are there, and letters do not come back', () => {
    expect(() => new DeadLetterLinks(defined({ a: 'b' }))).to.throw(ConfigError, "a: there is no producer 'b'");
    expect(() => new DeadLetterLinks(defined({ a: 'a' }))).to.throw(ConfigError, 'would come back');
    expect(() => new DeadLetterLinks(defined({ a: 'b', b: 'c', c: 'b' }))).to.throw(ConfigError, 'would come back');
  });

  it('get the message as it was, with why and whence behind its headers', async () => {
    const taken: [MessageInput, { signal?: AbortSignal }][] = [];
    const producer = { enqueue: async (...given: [MessageInput, object]) => void taken.push(given) };
    const { signal } = new AbortController();
    const letter = letterOf({
      key: null,
      value: null,
      headers: [['own', Buffer.from([0xff])]],
      partition: 7,
      timestamp: 5,
    });
    await routeTo(() => producer as never, undefined)(letter, signal);
    await routeTo(() => producer as never, 'failed')({ ...letter, reason: 'x'.repeat(5000) }, signal);
    const [first, second] = taken as [(typeof taken)[0], (typeof taken)[0]];
    expect(first[1].signal).to.equal(signal);
    const { headers, ...rest } = first[0];
    expect(rest).to.deep.equal({ key: null, value: null, timestamp: 5 });
    expect(headers).to.deep.equal([
      ['own', Buffer.from([0xff])],
      ['outspool-letter-id', letter.id],
      ['outspool-producer', 'orders'],
      ['outspool-topic', 'orders'],
      ['outspool-reason-class', 'permanent'],
      ['outspool-reason', 'PermanentSendError: too large'],
      ['outspool-attempts', '1'],
      ['outspool-failed-at', new Date(letter.at).toISOString()],
    ]);
    expect(second[0].topic).to.equal('failed');
    expect(new Map(second[0].headers as [string, string][]).get('outspool-reason')).to.have.lengthOf(1000);
  });
});
