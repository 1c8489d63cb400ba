/** Figures of producers, as an operations endpoint gives them. */

import type { ProducerFigures, Status } from '../../../../src/cli/top/status.ts';

export const figures = (own: Partial<ProducerFigures> = {}): ProducerFigures => ({
  ...{ kind: 'http', state: 'ready', connection: 'connected', pending: 0, oldestMs: null },
  ...{ accepted: 0, delivered: 0, deadLettered: 0, dropped: 0, undelivered: 0, expired: 0 },
  queue: { bytes: 0, maxBytes: 1024 },
  ...own,
});

export const statusWith = (producers: Readonly<Record<string, ProducerFigures>>): Status => ({
  version: '0.1.0',
  pid: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  producers,
});
