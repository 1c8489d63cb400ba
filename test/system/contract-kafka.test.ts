/** The Kafka kind in its other shapes. */

import { join } from 'node:path';
import { producerContract } from '../../src/testing/contract.ts';
import { hasNodeRdkafka } from '../support/drivers.ts';
import { kafkaFeatures, kafkaSubjects } from '../support/kafka-subject.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const { factory, options } = kafkaSubjects();
const directory = temporaryDirectories();

if (hasNodeRdkafka)
  producerContract('Kafka by node-rdkafka on the main thread', factory({ driver: 'node-rdkafka' }), {
    ...options,
    features: {
      ...kafkaFeatures,
      headers: { text: true, binary: 'refused', empty: true, null: 'refused', repeated: true },
    },
    inline: true,
  });
producerContract(
  'Kafka with a spool',
  async (asked) => factory({ queue: { spool: { path: join(directory(), 'spool') } } })(asked),
  options,
);
// In short: the whole of it runs on Apache Kafka, which fences and keeps marks.
producerContract('Kafka in transactions', factory({ transactional_id: 'contract' }));
