import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { LibrdkafkaDriver } from '../../src/producers/kafka/librdkafka/driver.ts';
import { NodeRdkafkaDriver } from '../../src/producers/kafka/node-rdkafka-driver.ts';
import { PackedBatch } from './packed-batch.ts';
const kafka = await EmbeddedKafka.start({topics:{t:3}});
for (const C of [NodeRdkafkaDriver, LibrdkafkaDriver, NodeRdkafkaDriver]) {
const d = new C({properties:{'bootstrap.servers':kafka.bootstrapServers},topicProperties:{'message.timeout.ms':'0'},defaults:{topic:'t',errorTopic:'e1'},log:(l,m)=>console.log(l,m)});
await d.open(AbortSignal.timeout(5000));
const pb=new PackedBatch([{value:C.name}]); await d.produceBatch(pb); console.log(pb.open, pb.failures, pb.reports);
for (const close of [false,true]) {
if (close) await d.close(1000);
const t=performance.now(); console.log(C.name, close, (await readTopic({bootstrapServers:kafka.bootstrapServers,topic:'t',count:1,timeoutMs:1500, properties: {}})).length, performance.now()-t);
}
}
console.log(await readTopic({bootstrapServers:kafka.bootstrapServers,topic:'t',count:9,timeoutMs:1500}));await kafka.stop();
