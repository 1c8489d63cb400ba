/** An HTTP source in a process of its own. Says its port, and at the end of its input by how many bytes its memory has grown at most. */

import { once } from 'node:events';
import type { LoadedSource } from '../../src/config/sources/read.ts';
import { SOURCE_SCHEMAS } from '../../src/config/sources/schema.ts';
import { HttpSource } from '../../src/pipe/http/http-source.ts';
import { Delivery, type Sink } from '../../src/pipe/sink.ts';
import { LogLines } from '../support/log-lines.ts';

const LOOK_MS = 5;

const sink: Sink = {
  hasRoom: async () => true,
  enqueue: async () => {},
  send: async () => {},
};

/** Further settings, as JSON. */
const settings = JSON.parse(process.argv[2] ?? '{}') as object;
const config = SOURCE_SCHEMAS.http.parse({
  ...{ type: 'http', name: 'in', listen: '127.0.0.1:0', timeout: '10m' },
  ...settings,
});
const loaded: LoadedSource = { config, path: 'sources[0]', place: () => ({ file: 'p.yaml', line: 1, column: 1 }) };
const log = new LogLines();
const source = new HttpSource(config, loaded, { delivery: new Delivery(sink, 'stored'), logger: log });
await source.open();
const before = process.memoryUsage().rss;
let most = 0;
setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss - before);
}, LOOK_MS).unref();
console.log(/:(\d+)\//.exec(log.all)?.[1]);
process.stdin.resume();
await once(process.stdin, 'end');
console.log(most);
process.exit(0);
