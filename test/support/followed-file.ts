/** One life of a source that follows a file, as a pipeline leads it. */

import { expect } from 'chai';
import type { LoadedSource } from '../../src/config/sources/read.ts';
import { type FileSourceConfig, SOURCE_SCHEMAS } from '../../src/config/sources/schema.ts';
import { FileSource } from '../../src/pipe/file/file-source.ts';
import { Delivery } from '../../src/pipe/sink.ts';
import { type Clock, systemClock } from '../../src/shared/util/clock.ts';
import { LogLines } from './log-lines.ts';
import { ScriptedSink } from './scripted-sink.ts';
import { until } from './until.ts';

/** The system's clock, `times` as fast. */
export const fastClock = (times: number): Clock => ({
  now: () => systemClock.now() * times,
  sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
});

export class FollowedFile {
  readonly sink = new ScriptedSink();
  readonly log = new LogLines();
  readonly source: FileSource;
  error: unknown;
  #work: Promise<void> = Promise.resolve();
  #isEnded = false;

  constructor(path: string, clock: Clock, settings: Partial<FileSourceConfig> = {}) {
    const config = SOURCE_SCHEMAS.file.parse({ type: 'file', name: 'log', path, poll_interval: '10ms', ...settings });
    const place = () => ({ file: 'p.yaml', line: 1, column: 1 });
    const loaded: LoadedSource = { config, path: 'sources[0]', place };
    const delivery = new Delivery(this.sink, 'delivered');
    this.source = new FileSource(config, loaded, { delivery, logger: this.log, clock });
  }

  async start(): Promise<this> {
    await this.source.open();
    this.#work = this.source.run().catch((error) => {
      this.error = error;
    });
    return this;
  }

  /** Waits for as many lines, and demands that they are these. */
  async has(...texts: string[]): Promise<void> {
    await until(() => this.sink.given.length >= texts.length || this.error !== undefined);
    if (this.error !== undefined) throw this.error;
    expect(this.sink.texts).to.deep.equal(texts);
  }

  /** As a pipeline ends: what is on its way stays open, unless the test has settled it. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.source.stop();
    await this.#work;
    await this.source.close();
  }
}
