/** Says in a few words why a listener cannot have its address. */

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'this address is in use: is there another one running?',
  EACCES: 'this port needs more permissions: use one above 1023',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no host of this name',
};

export function listenError(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return LISTEN_ERRORS[code] ?? `cannot listen here (${code})`;
}
