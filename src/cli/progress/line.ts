/** The text of a progress line. */

import { lineText } from '../dead-letters/shown-letter.ts';

/** How far a command is, at one moment. */
export interface Reading {
  /** Number of messages, records or letters that are done. */
  readonly done: number;
  /** @default `delivered` */
  readonly what?: string;
  readonly failed?: number;
  /** Number of messages that were accepted and have not settled. */
  readonly buffered?: number;
  /** Share of the whole work that is done, from 0 to 1; undefined where the end is not known. */
  readonly share?: number | undefined;
}

export interface Pace {
  /** Per second, over the last seconds. */
  readonly rate: number;
  /** Expected time in ms until the end, if that is known. */
  readonly leftMs?: number | undefined;
}

export function progressLine(title: string, reading: Reading, { rate, leftMs }: Pace): string {
  const { done, what = 'delivered', failed, buffered, share } = reading;
  return [
    lineText(title), // may be a file's name, which can hold anything
    `${grouped(done)} ${what}`,
    `${grouped(rate)}/s`,
    ...(failed === undefined ? [] : [`${grouped(failed)} failed`]),
    ...(buffered === undefined ? [] : [`${grouped(buffered)} buffered`]),
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    ...(leftMs === undefined ? [] : [`${duration(leftMs)} left`]),
  ].join('  ');
}

const grouped = (count: number): string => Math.round(count).toLocaleString('en-US');

/** `0:07`, `12:30`, `3:00:00`. */
function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const two = (count: number) => String(count).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
