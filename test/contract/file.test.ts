import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileConfig } from '../../src/kinds/file/schema.ts';
import { type ContractFactory, type ContractOptions, producerContract } from '../../src/testing/contract.ts';
import { CountingFileProducer } from '../fixtures/producers/counting-file-producer.ts';
import { lineReader, moreOf } from '../support/lines-in.ts';

const directory = mkdtempSync(join(tmpdir(), 'outspool-'));
const served = join(directory, 'served');
const away = join(directory, 'away');
mkdirSync(served);
after(() => rmSync(directory, { recursive: true, force: true }));

const counter = join(directory, 'batches');
writeFileSync(counter, '');

const factory =
  (file: string, own: Partial<FileConfig> = {}): ContractFactory =>
  async ({ unavailable, settings, options }) => {
    const path = join(unavailable ? mkdtempSync(join(directory, 'missing-')) : served, file);
    const config = { name: 'contract', path, counter, ...own, ...settings, type: 'file' } as const;
    const producer = new CountingFileProducer(config, options);
    if (unavailable) rmSync(join(path, '..'), { recursive: true });
    return { producer, getMessageFromTopic: lineReader(moreOf(path)) };
  };

/** An outage of a file system: the folder is not there. */
const server: ContractOptions['server'] = {
  interrupt: () => renameSync(served, away),
  restore: () => renameSync(away, served),
  requests: () => statSync(counter).size,
};

const features: ContractOptions['features'] = {
  ordered: true,
  persistent: true,
  headers: true,
  keys: true,
  tombstones: true,
  batches: true,
  exactlyOnce: false,
};

producerContract('a file', factory('synced.ndjson'), { features, server });
producerContract('a file, synced at intervals', factory('later.ndjson', { sync: 'interval', sync_interval: '10ms' }));
