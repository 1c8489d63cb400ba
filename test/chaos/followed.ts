/** A random program of a log file's life, a source that follows it, and what must come of every line. */

import fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { onAbort } from '../../src/shared/util/abort.ts';
import type { Clock } from '../../src/shared/util/clock.ts';
import type { FollowedFile } from '../support/followed-file.ts';
import { FollowedFile as Run } from '../support/followed-file.ts';
import type { Random } from './random.ts';

/** So much time passes while the system answers once. */
const TURN_MS = 100;
const POLL_MS = 200;
/** A source that stands still has not had a new line for so many turns. */
const STILL_TURNS = 1000;
/** Longer than what is remembered of a file's start. */
const BANNER = `${Array.from({ length: 120 }, () => '"the same banner"').join('\n')}\n`;
/** What a source says where lines are lost, or may be. */
const LOST = /was cut: reading|is gone|written anew|may be lost/;

/** Time that passes with the system's answers, and jumps when it is told to. */
class TurningClock implements Clock {
  #now = 0;
  #isTurning = false;
  readonly #sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  jump(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        forget?.();
        resolve();
      };
      const sleeper = { due: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      const forget = signal && onAbort(signal, wake);
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    void turn().then(() => {
      this.#isTurning = false;
      this.#now += TURN_MS;
      for (const { due, wake } of this.#sleepers) if (due <= this.#now) wake();
      if (this.#sleepers.size > 0) this.#turn();
    });
  }
}

/** As long as a look at a file takes, so that no time passes while the system is busy. */
const turn = (): Promise<unknown> => stat('/');

/** What a file has, whatever it is called. */
class Content {
  readonly lines: string[] = [];
  /** The beginning of a line that has not been ended. */
  begun = '';
  /** Where a writer that does not append would go on. */
  size = 0;
}

/** A line that no file has any more. */
interface Destroyed {
  readonly text: string;
  /** How many lines of the log there were before that. */
  readonly logged: number;
}

export class Followed {
  readonly #random: Random;
  readonly #folder: string;
  readonly #named: string;
  readonly #clock = new TurningClock();
  readonly #settings: { readonly checkpoint: string; readonly poll_interval: string };
  readonly #byDates: boolean;
  readonly #isLink: boolean;
  readonly #files = new Map<string, Content>();
  readonly #delivered = new Set<string>();
  /** Of these, what the source knows of: a crash makes it forget what it has not written down. */
  readonly #known = new Set<string>();
  readonly #log: string[] = [];
  readonly #destroyed: Destroyed[] = [];
  readonly #done: string[] = [];
  #run: FollowedFile | undefined;
  #open: (() => void)[] = [];
  #isHolding = false;
  #lines = 0;
  #rotations = 0;
  #targets = 0;
  /** Lines whose loss was reported. */
  lost = 0;

  constructor(folder: string, random: Random) {
    this.#folder = folder;
    this.#random = random;
    this.#named = join(folder, 'app.log');
    this.#settings = { checkpoint: join(folder, 'checkpoint'), poll_interval: `${POLL_MS}ms` };
    this.#byDates = random.chance(0.4);
    this.#isLink = random.chance(0.3);
    if (this.#isLink) this.#moveLink();
  }

  /** The program so far. */
  get done(): readonly string[] {
    return this.#done;
  }

  get #path(): string {
    return this.#isLink ? join(this.#folder, `target-${this.#targets}.log`) : this.#named;
  }

  get #content(): Content {
    const found = this.#files.get(this.#path) ?? new Content();
    this.#files.set(this.#path, found);
    return found;
  }

  /** What was rotated before there was a source is not followed, so the first line is read first. */
  async begin(): Promise<void> {
    this.#write(1);
    await this.#catchUp();
  }

  async step(): Promise<void> {
    const [name, act] = this.#random.pick(this.#steps);
    this.#done.push(name);
    await act();
    if (this.#random.chance(0.5)) await this.#pass(this.#random.whole(1, 60));
  }

  readonly #steps: readonly (readonly [string, () => unknown])[] = [
    ...Array.from({ length: 6 }, () => ['write', () => this.#write(this.#random.whole(1, 5))] as const),
    ['write much', () => this.#write(3, 40_000)],
    ['begin a line', () => this.#begin()],
    ['rotate', () => this.#rotate()],
    ['rotate, a last word, a new file', () => this.#rotateWithLastWord()],
    ['rotate twice', () => this.#rotateTwice()],
    ['copy and cut', () => this.#copyAndCut()],
    ['copy and cut, and go on', () => this.#copyAndCut(2)],
    ['cut', () => this.#cut()],
    ['cut under a writer that does not append', () => this.#cutUnder()],
    ['make anew under the same inode', () => this.#makeAnew()],
    ['remove', () => this.#remove()],
    ['touch', () => this.#touch()],
    ['jump', () => this.#clock.jump(this.#random.whole(0, 10_000_000))],
    ['move the link', () => this.#isLink && this.#moveLink()],
    ['hold deliveries', () => this.#hold()],
    ['release deliveries', () => this.#release()],
    ['restart', () => this.#restart(false)],
    ['crash', () => this.#restart(true)],
    ['be away', () => this.#end(false)],
    ['catch up', () => this.#catchUp()],
  ];

  // What programs do that write the log.

  #write(count: number, length = this.#random.whole(1, 30)): void {
    for (let index = 0; index < count; index++) this.#append(`${this.#newLine(length)}\n`);
  }

  #newLine = (length: number): string => JSON.stringify(`${++this.#lines}${'.'.repeat(length)}`);

  #begin(): void {
    if (this.#content.begun === '') this.#append(this.#newLine(5));
  }

  #append(text: string): void {
    const content = this.#content;
    fs.appendFileSync(this.#path, content.begun !== '' && text.endsWith('\n') ? `\n${text}` : text);
    this.#note(content, content.begun !== '' && text.endsWith('\n') ? `\n${text}` : text);
  }

  #note(content: Content, text: string): void {
    const parts = `${content.begun}${text}`.split('\n');
    content.begun = parts.pop() as string;
    content.lines.push(...parts.filter((line) => line !== ''));
    content.size += Buffer.byteLength(text);
  }

  // What rotates it.

  #rotate(): string | undefined {
    const path = this.#path;
    if (!this.#files.has(path) || !fs.existsSync(path)) return undefined;
    const name = this.#roomFor();
    this.#rename(path, name);
    return name;
  }

  #rotateTwice(): void {
    for (const lines of [2, 1]) {
      this.#rotate();
      this.#write(lines);
    }
  }

  #rotateWithLastWord(): void {
    const name = this.#rotate();
    const content = name && this.#files.get(name);
    if (name === undefined || !content) return;
    const text = `${content.begun === '' ? '' : '\n'}${this.#newLine(3)}\n`;
    fs.appendFileSync(name, text);
    this.#note(content, text);
    this.#write(1);
  }

  /** The name for what is rotated; older files have been moved on. */
  #roomFor(): string {
    this.#rotations++;
    if (this.#byDates) return `${this.#path}.20261129-${100_000 + this.#rotations}`;
    let last = 1;
    while (this.#files.has(`${this.#path}.${last}`)) last++;
    for (let number = last; number > 1; number--)
      this.#rename(`${this.#path}.${number - 1}`, `${this.#path}.${number}`);
    return `${this.#path}.1`;
  }

  #rename(from: string, to: string): void {
    fs.renameSync(from, to);
    this.#files.set(to, this.#files.get(from) as Content);
    this.#files.delete(from);
  }

  #copyAndCut(more = 0): void {
    const path = this.#path;
    if (!fs.existsSync(path)) return;
    const name = this.#roomFor();
    fs.copyFileSync(path, name);
    const copy = new Content();
    copy.lines.push(...this.#content.lines);
    this.#files.set(name, copy);
    fs.truncateSync(path);
    this.#files.set(path, new Content());
    this.#write(more);
  }

  // What destroys lines.

  #cut(): void {
    if (!fs.existsSync(this.#path)) return;
    fs.truncateSync(this.#path);
    this.#destroy(this.#path);
  }

  #cutUnder(): void {
    if (!fs.existsSync(this.#path) || this.#content.begun !== '') return;
    const { size } = fs.statSync(this.#path);
    this.#cut();
    const text = `${this.#newLine(3)}\n`;
    const fd = fs.openSync(this.#path, 'r+');
    fs.writeSync(fd, text, size);
    fs.closeSync(fd);
    this.#note(this.#content, text);
  }

  #makeAnew(): void {
    if (!fs.existsSync(this.#path)) return;
    const lines = Array.from({ length: this.#random.whole(0, 4) }, () => `${this.#newLine(10)}\n`).join('');
    const text = this.#random.chance(0.5) ? `${BANNER}${lines}` : lines;
    fs.writeFileSync(this.#path, text);
    this.#destroy(this.#path);
    this.#note(this.#content, text);
  }

  #remove(): void {
    if (!fs.existsSync(this.#path)) return;
    fs.rmSync(this.#path);
    this.#destroy(this.#path);
  }

  /** What had been read of the file, so that the source can know that there was one, is lost with a word. */
  #destroy(path: string): void {
    const content = this.#files.get(path);
    this.#files.delete(path);
    if (content === undefined) return;
    const isKnown = content.lines.some((line) => this.#known.has(line) && !line.includes('banner'));
    const logged = this.#logged.length;
    if (isKnown) this.#destroyed.push(...content.lines.map((text) => ({ text, logged })));
  }

  #touch(): void {
    for (const path of this.#files.keys()) {
      const at = this.#random.whole(1_000_000_000, 1_800_000_000);
      if (fs.existsSync(path)) fs.utimesSync(path, at, at);
    }
  }

  #moveLink(): void {
    this.#forgetUnseen();
    this.#targets++;
    fs.symlinkSync(this.#path, `${this.#named}.to`);
    fs.renameSync(`${this.#named}.to`, this.#named);
  }

  /** Of a target to which the link led for a moment nobody can know. */
  #forgetUnseen(): void {
    const ofTarget = [...this.#files].filter(([path]) => path.startsWith(this.#path));
    const isSeen = ofTarget.some(([, { lines }]) => lines.some((line) => this.#known.has(line)));
    if (!isSeen) for (const [path] of ofTarget) this.#files.delete(path);
  }

  // What the source does.

  #hold(): void {
    this.#isHolding = true;
  }

  #release(): void {
    this.#isHolding = false;
    for (const open of this.#open.splice(0)) open();
  }

  async #started(): Promise<FollowedFile> {
    if (this.#run !== undefined) return this.#run;
    const run = new Run(this.#named, this.#clock, this.#settings);
    run.sink.fate = async ({ text }) => {
      if (this.#isHolding) await new Promise<void>((resolve) => this.#open.push(resolve));
      if (this.#run !== run) return;
      this.#delivered.add(text);
      this.#known.add(text);
    };
    this.#run = run;
    await run.start();
    return run;
  }

  /** As `kill -9` ends it, or in order. */
  async #end(isCrash: boolean): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    if (isCrash) this.#forget();
    const checkpoint = isCrash ? bytesOf(this.#settings.checkpoint) : undefined;
    this.#run = undefined;
    this.#open = [];
    await run.end();
    this.#log.push(...textsOf(run));
    if (run.error !== undefined) throw run.error;
    if (isCrash && checkpoint !== undefined) fs.writeFileSync(this.#settings.checkpoint, checkpoint);
    else if (isCrash) fs.rmSync(this.#settings.checkpoint, { force: true });
  }

  #forget(): void {
    this.#known.clear();
    this.#destroyed.length = 0;
  }

  async #restart(isCrash: boolean): Promise<void> {
    await this.#end(isCrash);
    await this.#started();
  }

  async #pass(turns: number): Promise<void> {
    for (let left = turns; left > 0; left--) await turn();
  }

  /** Waits until nothing has come for a while. */
  async #catchUp(): Promise<void> {
    const run = await this.#started();
    const { sink } = run;
    for (let still = 0, count = -1; still < STILL_TURNS && this.missing.length > 0; still++) {
      if (sink.given.length !== count) still = 0;
      count = sink.given.length;
      await turn();
      if (run.error !== undefined) throw run.error;
    }
  }

  get #logged(): string[] {
    return [...this.#log, ...(this.#run === undefined ? [] : textsOf(this.#run))];
  }

  /** Lines that a file has, and that have not been delivered. */
  get missing(): string[] {
    const lines = [...this.#files.values()].flatMap((content) => content.lines);
    return lines.filter((line) => !this.#delivered.has(line));
  }

  /** Every complete line has come, or a word that it may be lost. @throws what is missing */
  async finish(): Promise<void> {
    this.#done.push('finish');
    this.#release();
    // What a file had when it was cut is missed when it has something again.
    this.#write(1);
    await this.#catchUp();
    const { missing } = this;
    if (missing.length > 0) throw new Error(`never came: ${missing.map(short).join(' ')}`);
    const log = this.#logged;
    const lost = this.#destroyed.filter(({ text }) => !this.#delivered.has(text));
    const silent = lost.filter(({ logged }) => !log.slice(logged).some((text) => LOST.test(text)));
    if (silent.length > 0) throw new Error(`lost without a word: ${silent.map(({ text }) => short(text)).join(' ')}`);
    this.lost = lost.length;
  }

  get delivered(): number {
    return this.#delivered.size;
  }

  /** For a program that has failed. */
  get log(): readonly string[] {
    return this.#logged;
  }

  async abandon(): Promise<void> {
    this.#release();
    const run = this.#run;
    this.#run = undefined;
    await run?.end();
    if (run?.error !== undefined) console.error(run.error);
  }
}

const textsOf = (run: FollowedFile): string[] => run.log.lines.map(({ text }) => text);

const short = (line: string): string => line.slice(0, 12);

const bytesOf = (path: string): Buffer | undefined => (fs.existsSync(path) ? fs.readFileSync(path) : undefined);
