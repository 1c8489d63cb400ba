/**
 * Run as a process of its own: a clean-up of C that ends the process by SIGABRT is registered, and then a client is made
 * that speaks the protocol of the argument. The process ends with code 7 where the clean-up is left out.
 */

import { Ledger } from '../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { Client } from '../../src/kinds/kafka/librdkafka/native/client.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';

const native = loadNative();
const onExit = native.koffi.load(null).func('on_exit', 'int', ['uint64_t', 'uint64_t']);
onExit(native.libc.dlsym(0, 'abort'), 0);
const protocol = process.argv[2] ?? 'PLAINTEXT';
const sasl = protocol.startsWith('SASL') && { 'sasl.mechanisms': 'PLAIN', 'sasl.username': 'a', 'sasl.password': 'b' };
const properties = { 'bootstrap.servers': '127.0.0.1:1', 'security.protocol': protocol, ...sasl };
const client = new Client(native, properties, new Ledger(), () => {});
await client.close(1000);
console.log('written');
process.exitCode = 7;
