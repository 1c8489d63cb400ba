/** Recognizes texts that UTF-8 can encode. Several of the others would become the same bytes. */

/** One half of a surrogate pair. With the flag `u`, halves of a complete pair do not match. */
const LONE_SURROGATE = /\p{Surrogate}/u;

export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);
