/**
 * Makes the npm packages that hold a prebuilt librdkafka, one for each platform, in `npm/`. It runs before anything is built, so
 * it is plain JavaScript without dependencies.
 *
 *     npm run librdkafka                     this platform's package, and a link to it in node_modules
 *     npm run librdkafka -- --all            every platform's
 *     npm run librdkafka -- --wheels DIR     from wheels in this folder, without pip
 *     npm run librdkafka -- --from-source    compiled here
 */

import { existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isLink, link } from '../in-place.mjs';
import { checkLibrary } from './check.mjs';
import { compiledLibrary } from './compile.mjs';
import { libraryOf, NoWheel } from './fetch.mjs';
import { LOCK, PLATFORMS, packageName, ROOT, THIS_PLATFORM, UserError } from './lock.mjs';
import { otherLibrary } from './other-library.mjs';
import { folderOf, intactManifest, writePackage } from './package.mjs';
import { selfTested } from './self-test.mjs';
import { waysOut } from './ways.mjs';

const FLAGS = {
  all: { type: 'boolean' },
  'from-source': { type: 'boolean' },
  wheels: { type: 'string' },
  to: { type: 'string' },
  /** Does nothing where the library is there already, or another one that can be used. */
  'if-needed': { type: 'boolean' },
};

const LINK = path.join(ROOT, 'node_modules', packageName(THIS_PLATFORM));

function run({ values: { all, to = path.join(ROOT, 'npm'), ...flags }, positionals }) {
  const platforms = all ? PLATFORMS : positionals.length > 0 ? positionals : [THIS_PLATFORM];
  const unknown = platforms.find((platform) => !PLATFORMS.includes(platform));
  if (flags['if-needed'] && isThere(to)) return;
  if (flags['from-source'] && platforms.some((platform) => platform !== THIS_PLATFORM))
    throw new UserError(`--from-source compiles for ${THIS_PLATFORM} alone`);
  if (unknown !== undefined && !flags['from-source'])
    throw new NoWheel(`there is no prebuilt librdkafka for ${unknown}`);
  try {
    for (const platform of platforms) make(platform, { to, ...flags });
  } catch (error) {
    const other = flags['if-needed'] && error instanceof NoWheel ? otherLibrary() : undefined;
    if (other === undefined) throw error;
    console.error(`no prebuilt librdkafka (${error.message}): ${other} is used`);
  }
}

function make(platform, { to, wheels, 'from-source': fromSource }) {
  const { python, sources, wheels: files } = LOCK;
  const isThis = platform === THIS_PLATFORM;
  const found = fromSource ? compiledLibrary() : libraryOf(platform, { wheels });
  const headers = checkLibrary(found.content, platform, { isForeign: !fromSource });
  const librdkafka = fromSource ? sources.librdkafka : LOCK.librdkafka;
  const source = fromSource ? `${sources.package}@${sources.version}` : files[platform].file;
  const version = fromSource ? `${librdkafka}-compiled` : LOCK.version;
  let tested;
  const test = (library) => {
    tested = isThis ? selfTested(library) : undefined;
    if (tested !== undefined && tested !== librdkafka)
      throw new UserError(`the library of ${source} is librdkafka ${tested}, expected ${librdkafka}`);
  };
  const folder = writePackage(platform, { ...found, version, librdkafka, source }, { to, test });
  if (isThis) linkPackage(folder, to);
  const size = (statSync(path.join(folder, found.name)).size / 1e6).toFixed(1);
  const glibc = headers.versions
    ?.filter((name) => name.startsWith('GLIBC_'))
    .sort(byNumber)
    .at(-1);
  const needs = glibc?.replace('_', ' ').toLowerCase() ?? (headers.oldest && `macOS ${headers.oldest}`);
  console.error(
    `${packageName(platform)}: librdkafka ${librdkafka} from ${fromSource ? source : `${python.package} ${python.version}`}, ` +
      `${size} MB, needs ${needs}, ${tested === undefined ? 'headers checked' : 'headers checked, self-test passed'}`,
  );
}

const byNumber = (a, b) => a.localeCompare(b, 'en', { numeric: true });

/** Whether the library is there: the caller's, an installed package, or one that was made here and is not out of date. */
function isThere(to) {
  if (process.env.OUTSPOOL_LIBRDKAFKA) return true;
  if (existsSync(LINK) && !isLink(LINK)) return true;
  const folder = folderOf(THIS_PLATFORM, to);
  const manifest = intactManifest(folder);
  if (manifest === undefined) return false;
  const { sources, wheels } = LOCK;
  const current = [wheels[THIS_PLATFORM]?.file, `${sources.package}@${sources.version}`];
  if (!current.includes(manifest.librdkafka.source)) return false;
  linkPackage(folder, to);
  return true;
}

/** Lets Node find the package as if it were installed, unless it was made for another place. `npm ci` removes the link. */
function linkPackage(folder, to) {
  if (path.resolve(to) !== path.join(ROOT, 'npm')) return;
  if (!existsSync(path.dirname(path.dirname(LINK)))) return; // nothing is installed
  if (!isLink(LINK)) rmSync(LINK, { recursive: true, force: true }); // an installed package
  link(folder, LINK);
}

try {
  run(parseArgs({ options: FLAGS, allowPositionals: true }));
} catch (error) {
  const isKnown = error instanceof UserError || error.code?.startsWith('ERR_PARSE_ARGS');
  console.error(isKnown ? `error: ${error.message}` : error);
  if (error instanceof NoWheel) console.error(waysOut());
  process.exitCode = 1;
}
