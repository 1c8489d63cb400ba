/** Reads a YAML file as text and tree, with a position for every problem in it. */

import { type Document, LineCounter, parseAllDocuments, visit, type YAMLError } from 'yaml';
import { ConfigError, type ConfigIssue, OutspoolError } from '../../shared/errors.ts';
import { readGiven } from '../../shared/files/pipe-reads.ts';
import { reason } from './references.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One file, read and parsed. */
export class Source {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document.Parsed, lines: LineCounter) {
    this.file = file;
    this.document = document;
    this.#lines = lines;
  }

  /** Line and column, from 1, of an offset into the text. */
  at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** Reads a file as a whole. @throws RangeError for a larger one; the system's error; OutspoolError, which is passed on */
export type Read = (mostBytes: number) => Promise<Buffer>;

/** Reads and parses `file`. @throws ConfigError with everything that keeps it from being one YAML document */
export async function readSource(file: string, read: Read = (most) => readGiven(file, most)): Promise<Source> {
  const text = decode(await readBytes(file, read), file);
  const lines = new LineCounter();
  const documents = parse(text, lines);
  const issues = documents.flatMap((document) => syntaxIssues(document, (offset) => lines.linePos(offset), file));
  if (issues.length > 0) throw new ConfigError(firstOfEachLine(issues));
  const [document, second] = documents;
  if (document === undefined)
    throw new ConfigError([
      issueAt(file, { line: 1, column: 1 }, "the file is empty, expected a mapping with the key 'producers'"),
    ]);
  if (second !== undefined) throw new ConfigError([secondDocument(second, lines, file)]);
  return new Source(file, document, lines);
}

/** Maximum size of a file in bytes, ten times that of a hundred producers. The parser takes seconds for a larger one. */
const MOST_BYTES = 2 ** 20;

async function readBytes(file: string, read: Read): Promise<Buffer> {
  try {
    return await read(MOST_BYTES);
  } catch (error) {
    if (error instanceof OutspoolError) throw error;
    throw new ConfigError([issueAt(file, { line: 1, column: 1 }, `the file ${reason(error)}`)], { cause: error });
  }
}

function decode(bytes: Buffer, file: string): string {
  const decoder = () => new TextDecoder('utf-8', { fatal: true });
  try {
    return decoder().decode(bytes);
  } catch {
    // The byte of a line break is never part of another UTF-8 character, so a line that fails on its own is the wrong one.
    const bad = bytes
      .toString('latin1')
      .split('\n')
      .findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
    throw new ConfigError([issueAt(file, { line: bad + 1, column: 1 }, 'this line is not UTF-8 text')]);
  }
}

const isUtf8 = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);

function parse(text: string, lineCounter: LineCounter): Document.Parsed[] {
  const parsed = parseAllDocuments(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  return 'empty' in parsed ? [] : [...parsed];
}

const issueAt = (file: string, at: Position, message: string): ConfigIssue => ({ file, ...at, path: '', message });

type LinePos = (offset: number) => { line: number; col: number };

/** Lists the syntax errors. An unknown tag is a mere warning to the parser, but its value would not be the intended one. */
function syntaxIssues(document: Document.Parsed, linePos: LinePos, file: string): ConfigIssue[] {
  return [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = linePos(openingQuote(document, error) ?? error.pos[0]);
    return issueAt(file, { line, column: col }, `invalid YAML: ${syntaxMessage(error)}`);
  });
}

/** Finds where a text without a closing quote begins. The parser reports where it gave up, mostly the end of the file. */
function openingQuote(document: Document.Parsed, { code, pos, message }: YAMLError): number | undefined {
  if (code !== 'MISSING_CHAR' || !message.endsWith('quote')) return undefined;
  let opening: number | undefined;
  visit(document, {
    Scalar: (_key, { type, range }) => {
      const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
      if (isQuoted && range && range[0] <= pos[0]) opening = range[0];
    },
  });
  return opening;
}

/** Returns the parser's message without the text that it quotes from the file, which may be half a password. */
function syntaxMessage(error: YAMLError): string {
  if (error.code === 'TAG_RESOLVE_FAILED') return 'unknown tag (put a text that begins with ! in quotes)';
  // The parser recurses and has used up its stack.
  if (error.code === 'RESOURCE_EXHAUSTION') return 'nested too deeply';
  const message = error.code === 'UNEXPECTED_TOKEN' ? error.message.replace(/:.*$/s, '') : error.message;
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}${indentationHint(error)}`;
}

const COMPACT = 'Nested mappings are not allowed in compact mappings';
const INDENTED_WRONGLY = /^(?:All \w+ items must start at the same column|Sequence item without - indicator)/;

/**
 * Advises on the indentation where that is the most likely mistake. The parser reports what it could not make of the text, and not the
 * line that is indented too far, which may be the one after the position.
 */
function indentationHint({ code, message }: YAMLError): string {
  if (code === 'TAB_AS_INDENT') return ' (indent with spaces)';
  if (message.startsWith(COMPACT))
    return ' (is the next line indented too far? A text with a colon and a space needs quotes)';
  const isIndentation = INDENTED_WRONGLY.test(message) || code === 'BLOCK_AS_IMPLICIT_KEY';
  return isIndentation
    ? ' (check the indentation: keys of one mapping, and items of one list, begin in the same column)'
    : '';
}

/** Keeps the first error of each line. After one mistake the parser reports several errors for the rest of its line. */
function firstOfEachLine(issues: readonly ConfigIssue[]): ConfigIssue[] {
  const sorted = [...issues].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return sorted.filter((issue, index) => issue.line !== sorted[index - 1]?.line);
}

function secondDocument(second: Document.Parsed, lines: LineCounter, file: string): ConfigIssue {
  const { line, col } = lines.linePos(second.range[0]);
  return issueAt(file, { line, column: col }, 'a second YAML document begins here, expected one in a file');
}
