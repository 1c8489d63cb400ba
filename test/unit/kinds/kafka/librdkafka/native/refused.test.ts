import { expect } from 'chai';
import { refused } from '../../../../../../src/kinds/kafka/librdkafka/native/configure.ts';

describe('why librdkafka makes no client', () => {
  for (const text of [
    'Failed to create thread: Resource temporarily unavailable (11)',
    'Failed to create background thread: Resource temporarily unavailable',
    'ssl.ca.location failed: error:80000018:system library::Too many open files',
  ])
    it(`may pass: ${text}`, () =>
      expect(refused(`librdkafka refuses the properties: ${text}`).name).to.equal('ConnectError'));

  it('else it is the configuration', () => {
    expect(refused('librdkafka refuses the properties: `acks` must be set to all').name).to.equal('ConfigError');
  });
});
