/** The HTTP kind, as the registry lists it. */

import { parseUrlTemplate } from '../../config/schema/url-template.ts';
import { WORKER_DESCRIPTORS } from '../common/descriptors.ts';
import { isThisMachine } from '../common/destination.ts';
import type { Kind } from '../kind.ts';
import { needsOf } from './needs.ts';
import { SAMPLE } from './sample.ts';
import { type HttpConfig, HttpProducerConfig } from './schema.ts';

export const http: Kind = {
  schema: HttpProducerConfig,
  sample: SAMPLE,
  load: async () => (await import('./http-producer.ts')).HttpProducer,
  destination: ({ url, method }: HttpConfig) => {
    const { origin } = parseUrlTemplate(url);
    return { text: `${method} requests to ${origin}`, isHarmless: isThisMachine(new URL(origin).hostname) };
  },
  // 6 with one request at a time: the thread, the connection, and one that probes the server.
  descriptors: ({ max_in_flight: connections }: HttpConfig) => WORKER_DESCRIPTORS + 1 + (connections ?? 1),
  takesBytes: ({ body }: HttpConfig) => body === 'raw',
  needs: (config: HttpConfig, isError) => needsOf(config, isError),
};
