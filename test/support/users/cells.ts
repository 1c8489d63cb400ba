/**
 * Uses each path for each role as one user. Arguments: the user's id, the umask, and the paths by the names of things and roles as
 * JSON. Prints what came of each as JSON. A path that had nothing is used twice, because a restart must be able to open the new
 * file. Modules are loaded before, since the user need not be able to read them.
 */

import { prepare, ROLES, type Use } from './roles.ts';

const [user, umask, things] = process.argv.slice(2);

function becomeUser(id: number): void {
  if (process.geteuid?.() === id) return;
  process.setgroups?.([]);
  process.setgid?.(id);
  process.setuid?.(id);
}

/** `refused`: the check of a configuration says why, and no use is right that it refuses. `fails`: the use does. */
async function cell({ examine, use }: Use, path: string, times: number): Promise<string> {
  const refusal = await reasonOf(async () => examine(path));
  const failure = await reasonOf(async () => {
    for (let time = 0; time < times; time++) outcome = await use(path);
  });
  if (refusal === undefined) return failure === undefined ? outcome : `fails: ${failure}`;
  return `refused: ${refusal}${failure === undefined && outcome === 'done' ? ', and works' : ''}`;
}
let outcome = '';

async function reasonOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    outcome = '';
    await work();
    return undefined;
  } catch (error) {
    return plain((error as Error).message);
  }
}

/** Without paths, and of a configuration's first finding only what follows the value. */
const plain = (message: string): string =>
  (message.split('\n', 1)[0] as string)
    .replace(/^.*, got text '.*?', /, '')
    .replaceAll(/'?\/[\w./-]+'?/g, 'PATH')
    .replace(/^([A-Z]+): .*/, '$1');

await prepare();
becomeUser(Number(user));
process.umask(Number(umask));
const cells: Record<string, Record<string, string>> = {};
for (const [thing, paths] of Object.entries(JSON.parse(things as string) as Record<string, Record<string, string>>)) {
  cells[thing] = {};
  const times = thing.startsWith('nothing') ? 2 : 1;
  for (const [role, path] of Object.entries(paths)) cells[thing][role] = await cell(ROLES[role] as Use, path, times);
}
process.stdout.write(JSON.stringify(cells));
process.exit(0);
