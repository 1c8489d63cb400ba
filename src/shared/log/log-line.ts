/** What a class gives to its log: fields and then a text. Code without types may give the text alone, or first, as with console. */

export type LogFields = Readonly<Record<string, unknown>>;

/** Returns the fields and the text of a line, so that nothing of it is lost whatever was given. */
export function logLine(first: unknown, second: unknown = ''): [LogFields, string] {
  const [fields, text] = typeof first === 'string' ? [second, first] : [first, second];
  return [fieldsOf(fields), String(text)];
}

function fieldsOf(given: unknown): LogFields {
  if (given instanceof Error) return { err: given };
  if (typeof given === 'object' && given !== null) return given as LogFields;
  return given === '' ? {} : { given };
}
