/** An HTTP source whose messages are taken at once. */

import type { LoadedSource } from '../../../src/config/sources/read.ts';
import { SOURCE_SCHEMAS } from '../../../src/config/sources/schema.ts';
import { HttpSource } from '../../../src/pipe/http/http-source.ts';
import { Delivery, type Sink } from '../../../src/pipe/sink.ts';
import { LogLines } from '../../support/log-lines.ts';
import { ready, report, untilTold } from './under-test.ts';

let taken = 0;
const take = async () => {
  taken++;
};
const sink: Sink = { hasRoom: async () => true, enqueue: take, send: take };
const config = SOURCE_SCHEMAS.http.parse({ type: 'http', name: 'in', listen: '127.0.0.1:0' });
const loaded: LoadedSource = { config, path: 'sources[0]', place: () => ({ file: 'p.yaml', line: 1, column: 1 }) };
const log = new LogLines();
const source = new HttpSource(config, loaded, { delivery: new Delivery(sink, 'stored'), logger: log });
await source.open();
ready(Number(/:(\d+)\//.exec(log.all)?.[1]));
await untilTold();
const begin = performance.now();
source.stop();
await source.close();
const { counts } = source;
const stored = counts.of('stored');
report({
  shutdownMs: Math.round(performance.now() - begin),
  wrong: [
    ...(stored === taken ? [] : [`${taken} messages were taken, and ${stored} are counted`]),
    ...(counts.read >= stored ? [] : [`${counts.read} messages were read, and ${stored} were stored`]),
  ],
  counts: { read: counts.read, stored, bad: counts.bad, ...source.answers },
});
