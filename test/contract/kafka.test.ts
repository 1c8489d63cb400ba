/** The driver that most have. `test/system` has the others. */

import { producerContract } from '../../src/testing/contract.ts';
import { kafkaSubjects } from '../support/kafka-subject.ts';

const { factory, options } = kafkaSubjects();

producerContract('Kafka by librdkafka in the worker', factory({ driver: 'librdkafka' }), options);
