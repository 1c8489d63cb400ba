/** Texts that UTF-8 can encode. Of the others, several would become the same bytes. */

/** With the flag `u`, halves of a pair do not match. */
const LONE_SURROGATE = /\p{Surrogate}/u;

export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);
