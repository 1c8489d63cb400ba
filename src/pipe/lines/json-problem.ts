/**
 * Finds the position at which a text stops being JSON. The text of `JSON.parse`'s error differs between versions of Node, often
 * lacks a position, and quotes input that may be secret. This parser reads only texts that `JSON.parse` has refused.
 */

export interface JsonProblem {
  /** Offset in UTF-16 units, as editors count columns. */
  readonly offset: number;
  readonly message: string;
}

/** Tokens that may come next. */
type Expecting = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or }' | ', or ]' | 'end';

const EXPECTED: Readonly<Record<Expecting, string>> = {
  value: 'expected a JSON value',
  'value or ]': "expected a JSON value or ']'",
  key: 'expected a key in double quotes',
  'key or }': "expected a key in double quotes or '}'",
  ':': "expected ':' after the key",
  ', or }': "expected ',' or '}'",
  ', or ]': "expected ',' or ']'",
  end: 'expected nothing more after the value: one JSON value on each line',
};

const SPACE = ' \t\r\n';
const DIGITS = '0123456789';
const WORDS = ['true', 'false', 'null'];
/** A character that would continue a number or a word. */
const GOES_ON = /[\w.+-]/;
const STRING_PART = /(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){0,1000}/uy;

class Scanner {
  readonly #text: string;
  readonly #closers: ('}' | ']')[] = [];
  #offset = 0;
  #expecting: Expecting = 'value';

  constructor(text: string) {
    this.#text = text;
  }

  run(): JsonProblem {
    for (;;) {
      this.#offset = endOf(SPACE, this.#text, this.#offset);
      const problem = this.#step(this.#text[this.#offset]);
      if (problem !== undefined) return problem;
    }
  }

  /** Reads one token. Returns the problem if it is not an expected one. */
  #step(char: string | undefined): JsonProblem | undefined {
    const wanted = this.#expecting;
    if (wanted === ':') return char === ':' ? this.#moved('value') : this.#problem(EXPECTED[wanted]);
    if (char !== undefined && char === this.#closers.at(-1) && wanted.endsWith(char)) return this.#close();
    if (wanted.startsWith('value')) return this.#value(char);
    if (wanted.startsWith('key')) return char === '"' ? this.#string(':') : this.#problem(EXPECTED[wanted]);
    if (wanted === 'end' || char !== ',') return this.#problem(EXPECTED[wanted]);
    return this.#moved(wanted === ', or }' ? 'key' : 'value');
  }

  #value(char: string | undefined): JsonProblem | undefined {
    if (char === '{' || char === '[') return this.#open(char);
    if (char === '"') return this.#string(this.#afterValue);
    const end = scalarEnd(this.#text, this.#offset);
    if (end === undefined) return this.#problem(EXPECTED[this.#expecting]);
    this.#offset = end;
    this.#expecting = this.#afterValue;
    return undefined;
  }

  get #afterValue(): Expecting {
    const closer = this.#closers.at(-1);
    return closer === undefined ? 'end' : `, or ${closer}`;
  }

  #open(char: '{' | '['): undefined {
    this.#closers.push(char === '{' ? '}' : ']');
    return this.#moved(char === '{' ? 'key or }' : 'value or ]');
  }

  #close(): undefined {
    this.#closers.pop();
    return this.#moved(this.#afterValue);
  }

  #string(next: Expecting): JsonProblem | undefined {
    const start = this.#offset++;
    // In steps of 1000, because a pattern over megabytes overflows the engine's stack.
    while (this.#skip(STRING_PART));
    const char = this.#text[this.#offset];
    if (char === '"') return this.#moved(next);
    if (char === undefined) return { offset: start, message: 'this text has no closing quote' };
    if (char === '\\') return this.#problem('unknown escape in a text: write \\\\ for a backslash');
    return this.#problem('a control character in a text must be escaped');
  }

  #moved(next: Expecting): undefined {
    this.#offset++;
    this.#expecting = next;
  }

  #problem(message: string): JsonProblem {
    const isCut = this.#offset >= this.#text.length && this.#offset > 0;
    return { offset: this.#offset, message: isCut ? `${message}, but the line ends here` : message };
  }

  /** Skips a match of the pattern, and returns whether it had any characters. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    const { length } = pattern.exec(this.#text)?.[0] ?? '';
    this.#offset += length;
    return length > 0;
  }
}

/** Returns the end of a run of these characters. It is a loop, because a line may have millions of them. */
function endOf(characters: string, text: string, from: number): number {
  let at = from;
  while (at < text.length && characters.includes(text[at] as string)) at++;
  return at;
}

/** Returns the end of the number or word at `from`, or undefined where there is none. */
function scalarEnd(text: string, from: number): number | undefined {
  const word = WORDS.find((candidate) => text.startsWith(candidate, from));
  const end = word === undefined ? numberEnd(text, from) : from + word.length;
  return end === undefined || GOES_ON.test(text.charAt(end)) ? undefined : end;
}

function numberEnd(text: string, from: number): number | undefined {
  const first = text[from] === '-' ? from + 1 : from;
  const whole = text[first] === '0' ? first + 1 : endOf(DIGITS, text, first);
  if (whole === first) return undefined;
  const fraction = text[whole] === '.' ? digitsEnd(text, whole + 1) : whole;
  if (fraction === undefined || !/[eE]/.test(text.charAt(fraction))) return fraction;
  const sign = /[+-]/.test(text.charAt(fraction + 1)) ? 1 : 0;
  return digitsEnd(text, fraction + 1 + sign);
}

/** Returns the end of one or more digits, or undefined where there are none. */
function digitsEnd(text: string, from: number): number | undefined {
  const end = endOf(DIGITS, text, from);
  return end === from ? undefined : end;
}

/** Returns the first problem of a text that is not JSON. */
export const jsonProblem = (text: string): JsonProblem => new Scanner(text).run();
