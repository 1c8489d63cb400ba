import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileConfig } from '../../src/config/file-kind.ts';
import { FileProducer } from '../../src/producers/file/file-producer.ts';
import { type ContractFactory, producerContract } from '../../src/testing/contract.ts';
import { fileReader } from '../support/lines-in.ts';
import { quiet } from '../support/quiet.ts';

const directory = mkdtempSync(join(tmpdir(), 'outspool-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;

const factory =
  (settings: Partial<FileConfig> = {}): ContractFactory =>
  async ({ unavailable }) => {
    const folder = join(directory, String(files++));
    mkdirSync(folder);
    const path = join(folder, 'messages.ndjson');
    const producer = new FileProducer({ type: 'file', name: 'contract', path, ...settings }, { logger: quiet });
    if (unavailable) rmSync(folder, { recursive: true });
    return { producer, getMessageFromTopic: fileReader(path) };
  };

producerContract('a file, synced always', factory());
producerContract('a file, synced at intervals', factory({ sync: 'interval', sync_interval: '10ms' }));
