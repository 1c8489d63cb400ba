import { expect } from 'chai';
import { buildSubject } from '../../../src/cli/producer-session.ts';
import { kafka, loadText } from '../config/helpers.ts';

describe('a producer beside the one that runs', () => {
  async function idOf(targets?: readonly never[]) {
    const [definition] = await loadText(kafka('transactional_id: orders'));
    const subject = await buildSubject(definition as never, targets && { targets });
    await subject.close(0);
    return String((subject.producer.config as Record<string, unknown>).transactional_id);
  }

  it('has a transactional id of its own, under the prefix of the configured one', async () => {
    const ids = [await idOf(), await idOf(), await idOf([])];
    for (const id of ids) expect(id).to.match(/^orders-produce-[0-9a-f]{8}$/);
    expect(new Set(ids).size).to.equal(3);
  });

  it('leaves the spool to its owner', async () => {
    const [definition] = await loadText(kafka('queue: { max_messages: 7, spool: { path: spool } }'));
    const { producer, close } = await buildSubject(definition as never);
    await close(0);
    const { queue } = producer.config as { queue: Record<string, unknown> };
    expect(queue).to.include({ max_messages: 7 }).and.not.to.have.property('spool');
  });

  it('has none where none is configured', async () => {
    const [definition] = await loadText(kafka());
    const { producer, close } = await buildSubject(definition as never);
    await close(0);
    expect(producer.config).not.to.have.property('transactional_id');
  });
});
