/** Returns the original text of a member of a JSON text, because parsing and writing it would lose digits of large numbers. */

/** End of a value that is not a string, an array or an object. */
const SCALAR_END = /[,}\]\s]/g;
const SPACE = ' \t\r\n';

/** Returns the last member of this name, as `JSON.parse` does, or undefined when there is none. */
export function memberText(text: string, name: string): string | undefined {
  let found: string | undefined;
  let at = spaceEnd(text, text.indexOf('{') + 1);
  while (text[at] === '"') {
    const keyEnd = stringEnd(text, at);
    const from = spaceEnd(text, spaceEnd(text, keyEnd) + 1);
    const to = valueEnd(text, from);
    if (JSON.parse(text.slice(at, keyEnd)) === name) found = text.slice(from, to);
    at = spaceEnd(text, spaceEnd(text, to) + 1);
  }
  return found;
}

function spaceEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && SPACE.includes(text[at] as string)) at++;
  return at;
}

function stringEnd(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at++;
  }
}

function valueEnd(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return stringEnd(text, from);
  if (first === '{' || first === '[') return nestedEnd(text, from);
  SCALAR_END.lastIndex = from;
  return SCALAR_END.exec(text)?.index ?? text.length;
}

function nestedEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; ; ) {
    const char = text[at];
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    at = char === '"' ? stringEnd(text, at) : at + 1;
    if (depth === 0) return at;
  }
}
