/** Logs a running client's connections: the first report in plain words with what to do, repetitions at `debug`. */

import { News } from '../../../shared/log/news.ts';
import type { LogLevel } from '../../../shared/protocol.ts';
import { isOwnStop } from '../errors/errors.ts';
import { diagnose, diagnosisText, plainly, said, saysLess } from './diagnosis.ts';

const UNREACHABLE = 'no broker can be reached';

type Log = (level: LogLevel, message: string) => void;

/** Converts the levels of librdkafka's log, which are those of syslog. */
export function logLevelOf(syslog: number): LogLevel {
  if (syslog <= 3) return 'error';
  if (syslog === 4) return 'warn';
  return syslog >= 7 ? 'debug' : 'info';
}

export class Troubles {
  readonly #log: Log;
  readonly #news: News;
  #down = false;

  constructor(log: Log, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#news = new News(now);
  }

  line(level: LogLevel, line: string): void {
    const about = said(line);
    if (isOwnStop(line) || saysLess(line)) this.#log('debug', plainly(line));
    else if (about === undefined) this.#log(level, plainly(line));
    else this.#ofConnection({ level, line, plain: plainWords(line, about.text), key: `${about.server} ${about.text}` });
  }

  #ofConnection({ level, line, plain, key }: Trouble): void {
    const isNews = this.#news.is(plain ?? key);
    if (isNews && plain !== undefined) this.#log('warn', plain);
    this.#log(isNews && plain === undefined ? level : 'debug', line);
  }

  /** Logs that no broker can be reached. The counts in librdkafka's own text (`0/1 brokers are down`) change with every attempt. */
  allDown(text: string): void {
    this.#log('debug', text);
    if (this.#news.is(UNREACHABLE)) this.#log('warn', UNREACHABLE);
    this.#down = true;
  }

  /** Notes a delivery, after which an outage of all brokers is logged again. */
  delivered(): void {
    if (!this.#down) return;
    this.#down = false;
    this.#news.forget(UNREACHABLE);
  }
}

interface Trouble {
  readonly level: LogLevel;
  readonly line: string;
  readonly plain: string | undefined;
  readonly key: string;
}

/** A closed connection gets no plain words, because settings that have worked are not in question. */
function plainWords(line: string, text: string): string | undefined {
  const diagnosis = text.startsWith('Disconnected') ? undefined : diagnose(line);
  return diagnosis && diagnosisText(diagnosis);
}
