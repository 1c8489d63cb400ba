/** Writes THIRD_PARTY_LICENSES: the licences of every package that is installed along with outspool. `--check` reports a stale one. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
  readonly devOptional?: boolean;
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The text of its licence; undefined where it is not installed here, as builds for other systems are not. */
  readonly text: string | undefined;
}

const FILE = 'THIRD_PARTY_LICENSES';
const RULE = '='.repeat(120);

const INTRODUCTION = `Licences of third parties

Packages that npm installs along with outspool, with their licences. A package of a name with a system in it (linux-x64, …) is a
build of the package before it, under the same licence.

The platform packages @outspool/librdkafka-* hold librdkafka with OpenSSL, zlib, zstd and curl linked into it. Their licences are
in the file LICENSES.txt of each of these packages.
`;

function shipped(): Package[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
  const found = Object.entries(packages).filter(
    ([path, { dev, peer, devOptional }]) => path && !dev && !peer && !devOptional,
  );
  return found.map(([path, { version = '', license = '' }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return { name, version, license, text: licenceIn(path) };
  });
}

function licenceIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((file) => /^(?:licen[cs]e|copying)(?:\.\w+)?$/i.test(file));
  return name && readFileSync(join(folder, name), 'utf8').trim();
}

const title = ({ name, version, license }: Package) => `${name} ${version} (${license})`;

/** Packages without a text of their own are builds of another one, or name their licence only. */
function text(): string {
  const all = shipped();
  const withText = all.filter((one) => one.text !== undefined && !isBuild(one));
  const others = all.filter((one) => one.text === undefined && !isBuild(one));
  const sections = withText.map((one) => [RULE, title(one), RULE, '', one.text ?? ''].join('\n'));
  const named =
    others.length === 0
      ? []
      : [[RULE, 'Packages without a file of their licence', RULE, '', ...others.map(title)].join('\n')];
  return `${[INTRODUCTION, ...sections, ...named]
    .join('\n\n')
    .replaceAll(/\r\n/g, '\n')
    .replaceAll(/[ \t]+$/gm, '')}\n`;
}

/** Builds for single systems are installed on those alone, and would make the file depend on the machine. */
function isBuild({ name }: Package): boolean {
  return /-(?:linux|darwin|win32|android|freebsd|openbsd|openharmony)-/.test(name);
}

const current = text();
if (!process.argv.includes('--check')) writeFileSync(FILE, current);
else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== current) {
  console.error(`${FILE} is stale: npm run licenses`);
  process.exitCode = 1;
}
