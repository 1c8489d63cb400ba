/** The code in docs/recipes.md does what the page says of it. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { MemoryProducer } from '../../src/kinds/memory/memory-producer.ts';
import { PublishError, type PublishOutcome } from '../../src/shared/errors.ts';
import { quiet } from '../support/quiet.ts';

const PAGE = readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8');

/** What the code blocks of the page export. */
async function recipes() {
  const blocks = [...PAGE.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);
  return import(`data:text/javascript,${encodeURIComponent(blocks.join('\n'))}`);
}

/** A table of events. */
class Outbox {
  readonly #events = [1, 2, 3, 4, 5].map((id) => ({ id, topic: 'orders', key: 'k', value: { id } }));
  readonly published = new Set<number>();
  fails = (_id: number): boolean => false;

  async unpublished(limit: number) {
    return this.#events.filter(({ id }) => !this.published.has(id)).slice(0, limit);
  }

  async markPublished(id: number): Promise<void> {
    if (this.fails(id)) throw new Error('the database is away');
    this.published.add(id);
  }
}

describe('the recipes', () => {
  it('send again what never left the producer, and nothing else', async () => {
    const { sendWithRetry } = await recipes();
    const triesOf = async (outcome: PublishOutcome) => {
      let tries = 0;
      const send = async () => {
        tries++;
        throw new PublishError('no', outcome);
      };
      expect(await sendWithRetry({ send }, { value: 1 }).catch((thrown: unknown) => thrown)).to.include({ outcome });
      return tries;
    };
    expect(await triesOf('withdrawn')).to.equal(3);
    for (const outcome of ['unknown', 'dead_lettered', 'spooled', 'dropped', 'undelivered'] as const)
      expect(await triesOf(outcome), outcome).to.equal(1);
  });

  it('name every outcome', () => {
    const outcomes: Record<PublishOutcome, true> = {
      withdrawn: true,
      unknown: true,
      dead_lettered: true,
      dropped: true,
      undelivered: true,
      spooled: true,
    };
    for (const outcome of Object.keys(outcomes)) expect(PAGE).to.contain(`| \`${outcome}\` |`);
  });

  it('publish an outbox in order, and twice only what could not be marked, under the same id', async () => {
    const { publishOutbox } = await recipes();
    const producer = new MemoryProducer({ type: 'memory', name: 'm' }, { logger: quiet });
    const outbox = new Outbox();
    outbox.fails = (id) => id === 3;
    expect(await publishOutbox(producer, outbox)).to.equal(4);
    outbox.fails = () => false;
    expect(await publishOutbox(producer, outbox)).to.equal(1);
    expect(await publishOutbox(producer, outbox)).to.equal(0);
    await producer.shutdown();
    const ids = producer.messages().map(({ headers }) => Object.fromEntries(headers)['event-id']?.toString());
    expect(ids).to.deep.equal(['1', '2', '3', '4', '5', '3']);
  });
});
