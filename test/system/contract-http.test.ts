import { producerContract } from '../../src/testing/contract.ts';
import { httpSubjects } from '../support/http-subject.ts';

const { factory, options } = httpSubjects();

const BATCHES = { body: 'ndjson', envelope: true, batch: { linger: '5ms' } } as const;
producerContract('HTTP in batches of lines', factory('/in', BATCHES), {
  ...options,
  features: {
    ordered: true,
    persistent: true,
    headers: true,
    keys: true,
    tombstones: true,
    batches: true,
    exactlyOnce: false,
  },
});
