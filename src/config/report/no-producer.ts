/** The text for a name that no producer of a file has. */

import { didYouMean } from '../../shared/util/did-you-mean.ts';
import { quote } from './redact.ts';

/** Says that no producer has this name. `file` is the file that was searched, or words for it. */
export const noProducer = (name: string, file: string, known: readonly string[]): string =>
  `there is no producer ${quote(name)} in ${file}${didYouMean(name, known)}`;

/** Says the same of a name in the file itself. One that came by references is not shown, because it may be a secret. */
export const noProducerHere = (name: string, known: readonly string[], references: readonly string[] = []): string =>
  references.length === 0
    ? noProducer(name, 'this file', known)
    : `there is no producer (the value of ${references.join(' and ')}) in this file`;
