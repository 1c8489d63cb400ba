/**
 * A process that runs node-rdkafka's JavaScript, and outspool's own library by koffi. The argument says which one is loaded first.
 * Prints the version that each of them runs on.
 */

import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { loadNodeRdkafka } from '../../src/kinds/kafka/node-rdkafka/driver.ts';

const binding = () => loadNodeRdkafka('the test') as unknown as { readonly librdkafkaVersion: string };
const native = () => loadNative();

const [first, second] = process.argv[2] === 'node-rdkafka' ? [binding, native] : [native, binding];
first();
second();
console.log(JSON.stringify({ native: native().rdkafka.versionText(), binding: binding().librdkafkaVersion }));
process.exit(0);
