/** That our declarations of node-rdkafka are true of the package: `npm run typecheck` fails where they are not. */

import type { NodeRdkafka } from '../../../../../src/kinds/kafka/node-rdkafka/binding.ts';

export const declared = (actual: typeof import('node-rdkafka')): NodeRdkafka => actual;
