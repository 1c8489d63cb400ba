/** What a scrape has: the samples of Prometheus's text format, and whether a producer's counters add up. */

export interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/is;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

const unescaped = (text: string): string => text.replace(/\\[n"\\]/g, (found) => ESCAPES[found] as string);

export function samplesOf(text: string): ScrapedSample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name = '', labels = '', value] = LINE.exec(line) ?? [];
    if (name === '') throw new Error(`no sample: ${line}`);
    const pairs = [...labels.matchAll(LABEL)].map(([, label = '', given = '']) => [label, unescaped(given)]);
    return { name, labels: Object.fromEntries(pairs), value: Number(value) };
  });
}

export class Scraped {
  readonly samples: readonly ScrapedSample[];

  constructor(text: string) {
    this.samples = samplesOf(text);
  }

  /** The samples of a metric that have these labels. */
  of(name: string, labels: Readonly<Record<string, string>> = {}): ScrapedSample[] {
    const wanted = Object.entries(labels);
    return this.samples.filter((one) => one.name === name && wanted.every(([key, value]) => one.labels[key] === value));
  }

  /** The sum of these samples; undefined where there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.of(name, labels);
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }

  /** accepted + recovered - settled - pending, which is 0 for every producer at every instant. */
  unaccounted(producer: string): number {
    const sum = (name: string) => this.sum(`outspool_messages_${name}`, { producer }) ?? Number.NaN;
    return sum('accepted_total') + sum('recovered_total') - sum('settled_total') - sum('pending');
  }
}
