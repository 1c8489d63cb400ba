import { producerContract } from '../../src/testing/contract.ts';
import { httpSubjects } from '../support/http-subject.ts';

const { factory, options } = httpSubjects();

producerContract('HTTP, a request for each message', factory('/{topic}?key={key:-}', { body: 'raw' }), {
  ...options,
  features: {
    ordered: true,
    persistent: true,
    headers: { text: true, binary: 'refused', empty: true, null: 'empty', repeated: true },
    keys: true,
    tombstones: false,
    batches: false,
    exactlyOnce: true, // this server discards what has a name that it knows
  },
});
