import { EventEmitter } from 'node:events';
import type { ChannelModel } from 'amqplib';
import { expect } from 'chai';
import { type Address, Addressing } from '../../../../src/kinds/rabbitmq/addressing.ts';
import { permissionAt } from '../../../../src/kinds/rabbitmq/permission.ts';

type Answer = Error | 'blocked' | 'none';

/** A connection that answers each question in turn. */
class Asked extends EventEmitter {
  readonly questions: string[] = [];
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    super();
    this.#answers = answers;
  }

  async createChannel() {
    const publish = (exchange: string, routingKey: string) => {
      this.questions.push(`${exchange}/${routingKey}`);
      const answer = this.#answers.shift();
      if (answer instanceof Error) queueMicrotask(() => channel.emit('error', answer));
      if (answer === 'blocked') queueMicrotask(() => this.emit('blocked', 'low on memory'));
    };
    const channel = Object.assign(new EventEmitter(), { publish });
    return channel;
  }
}

const GRANTED = new Error('406');
const REFUSED = new Error('403');
const TWO: readonly Address[] = ['a', 'b'].map((routingKey) => ({ exchange: 'e', routingKey }));

describe('whether RabbitMQ lets a user publish', () => {
  const ask = (model: Asked) =>
    permissionAt(
      model as unknown as ChannelModel,
      { addresses: TWO, isRefusal: (error) => error === REFUSED },
      new AbortController().signal,
    );

  it('is asked at each address, up to the first that is refused', async () => {
    const granted = new Asked(GRANTED, GRANTED);
    expect(await ask(granted)).to.equal('granted');
    expect(granted.questions).to.deep.equal(['e/a', 'e/b']);
    expect(await ask(new Asked(REFUSED, 'none'))).to.deep.equal({ refused: REFUSED, address: TWO[0] });
    expect(await ask(new Asked(GRANTED, REFUSED))).to.deep.equal({ refused: REFUSED, address: TWO[1] });
  });

  it('is unknown while it takes no messages, which it announces only once', async () => {
    const blocked = new Asked('blocked', 'none');
    expect(await ask(blocked)).to.equal('unknown');
    expect(blocked.questions).to.deep.equal(['e/a']);
    expect(await ask(new Asked(GRANTED, 'blocked'))).to.equal('unknown');
  });

  it('is asked once where errors have no address of their own', () => {
    expect(new Addressing({ queue_name: 'q' }).samples('t')).to.have.lengthOf(1);
    expect(new Addressing({ queue_name: 'q', error_routing_key: 'e' }).samples('t')).to.have.lengthOf(2);
    expect(new Addressing({ exchange: 'x', error_exchange: 'y' }).samples('t')).to.have.lengthOf(2);
  });
});
