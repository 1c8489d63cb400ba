/** Decides whether a binding of an exchange takes a message, as RabbitMQ decides it. */

export interface Binding {
  readonly exchangeType: string;
  readonly key: string;
}

/**
 * Whether a binding without arguments takes messages with this routing key. False for the exchange type of a plugin, whose
 * rules are unknown here.
 */
export function takes({ exchangeType, key }: Binding, routingKey: string): boolean {
  // A headers binding without arguments requires no header.
  if (exchangeType === 'fanout' || exchangeType === 'headers') return true;
  if (exchangeType === 'direct') return key === routingKey;
  return exchangeType === 'topic' && matchesTopic(key, routingKey);
}

/** An empty key has no words. A dot at an end, or two in a row, make an empty word. */
const wordsOf = (key: string): string[] => (key === '' ? [] : key.split('.'));

/** Whether a pattern matches a routing key, word by word: `*` stands for one word, `#` for any number of words. */
export function matchesTopic(pattern: string, routingKey: string): boolean {
  const words = wordsOf(routingKey);
  /** Whether the pattern, as far as it was read, matches the first `n` words. */
  let matched = [true, ...words.map(() => false)];
  for (const part of wordsOf(pattern)) {
    const before = matched;
    const first = before.indexOf(true);
    if (part === '#') matched = before.map((_, n) => first >= 0 && n >= first);
    else matched = before.map((_, n) => before[n - 1] === true && (part === '*' || part === words[n - 1]));
  }
  return matched.at(-1) === true;
}
