import { expect } from 'chai';
import { AttributeTable, errorType } from '../../../../src/caller/telemetry/attributes.ts';
import { PermanentSendError } from '../../../../src/shared/errors.ts';

const CURRENT = ['messaging.system.name', 'kafka.offset'];
const EARLIER = ['messaging.system', 'messaging.kafka.offset'];

describe('the attributes of a span', () => {
  const keysWith = (optIn: string | undefined) => {
    const table = new AttributeTable(optIn);
    const start = table.start({ system: 'kafka' }, 'orders', 'topic');
    const end = table.end('delivered', { sequence: 0, partition: 0, offset: 0 }, 'id', undefined);
    return Object.keys({ ...start, ...end });
  };

  it('have current and earlier names, unless OTEL_SEMCONV_STABILITY_OPT_IN asks for the current ones alone', () => {
    for (const optIn of [undefined, '', 'http', 'messaging/dup', 'messaging, messaging/dup'])
      expect(keysWith(optIn), optIn).to.include.members([...CURRENT, ...EARLIER]);
    for (const optIn of ['messaging', 'http, messaging']) {
      expect(keysWith(optIn), optIn).to.include.members(CURRENT);
      expect(keysWith(optIn), optIn).not.to.include.oneOf(EARLIER);
    }
  });

  it('have partition and offset where the broker reported them, as the conventions type them', () => {
    const table = new AttributeTable('messaging');
    const report = { sequence: 5, partition: 3, offset: 0 };
    expect(table.end('delivered', report, '', undefined)).to.deep.equal({
      'outspool.outcome': 'delivered',
      'messaging.destination.partition.id': '3',
      'kafka.offset': 0,
    });
    expect(table.end('delivered', { sequence: 5, partition: -1, offset: -1 }, '', undefined)).to.deep.equal({
      'outspool.outcome': 'delivered',
    });
  });

  it("name an error by the broker's name, its code or its class, and a failure without one by its outcome", () => {
    const broker = Object.assign(new PermanentSendError('x'), { kafkaName: 'MSG_SIZE_TOO_LARGE' });
    expect(errorType('deadLettered', broker)).to.equal('MSG_SIZE_TOO_LARGE');
    expect(errorType('deadLettered', new PermanentSendError('x'))).to.equal('ERR_OUTSPOOL_PERMANENT_SEND');
    expect(errorType('deadLettered', new TypeError('x'))).to.equal('TypeError');
    expect(errorType('dropped', undefined)).to.equal('dropped');
    for (const outcome of ['delivered', 'spooled'] as const)
      expect(errorType(outcome, new Error('x')), outcome).to.equal(undefined);
  });
});
