/**
 * How the comments under src/ are written: for each word below, how often it stands in 10 000 words of comments. A stranger reads
 * "the caller" at once and "whoever" twice. A figure, not a limit: `npm run words [-- FOLDER]`.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { REPOSITORY } from '../test/support/repository.ts';

const WATCHED = [
  'whoever',
  'nobody',
  'somebody',
  'what is',
  'condemned',
  'beyond help',
  'given up',
  'handed over',
  'letter',
];
/** Together below 3 is the aim. */
const TOGETHER = ['whoever', 'nobody', 'somebody'];

/** Texts are matched first, so that `//` within one begins no comment. */
const TOKEN = /(['"`])(?:\\[\s\S]|(?!\1)[^\\])*\1|(\/\*[\s\S]*?\*\/|\/\/[^\n]*)/g;

const commentsOf = (source: string): string =>
  Array.from(source.matchAll(TOKEN), (match) => match[2] ?? '')
    .join(' ')
    .replaceAll(/[/*]+/g, ' ')
    .toLowerCase();

const folder = join(REPOSITORY, process.argv[2] ?? 'src');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.c?ts$/.test(file));
const text = files.map((file) => commentsOf(readFileSync(join(folder, file), 'utf8'))).join(' ');
const words = text.match(/[a-z][a-z'-]*/g)?.length ?? 0;
const rate = (word: string): number =>
  ((text.match(new RegExp(`\\b${word}\\b`, 'g'))?.length ?? 0) * 10_000) / Math.max(words, 1);

console.log(`${files.length} files, ${words} words of comments; in 10 000 of them:`);
for (const word of WATCHED) console.log(`${word.padEnd(12)} ${rate(word).toFixed(1).padStart(6)}`);
console.log(`${TOGETHER.join(' + ')}: ${TOGETHER.reduce((sum, word) => sum + rate(word), 0).toFixed(1)}`);
