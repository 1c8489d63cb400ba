/** Reads the headers of a shared library of Linux (ELF, 64-bit, little endian). */

const MAGIC = 0x464c457f; // \x7fELF
const MACHINES = new Map([
  [62, 'x64'],
  [183, 'arm64'],
]);
const SHARED = 3;

const DYNAMIC = 6;
const DYNAMIC_SYMBOLS = 11;
const NEEDED_VERSIONS = 0x6ffffffe;

const NEEDED = 1;
const SONAME = 14;

export const isElf = (file) => file.length > 64 && file.readUInt32LE(0) === MAGIC;

/** Returns machine, name, needed libraries, needed symbol versions and exported symbols. */
export function readElf(file) {
  if (file[4] !== 2 || file[5] !== 1) throw new Error('not a 64-bit little endian library');
  const sections = readSections(file);
  const section = (type) => sections.find((one) => one.type === type) ?? { at: 0, size: 0, link: 0, info: 0 };
  const dynamic = dynamicEntries(file, section(DYNAMIC), sections);
  return {
    arch: MACHINES.get(file.readUInt16LE(18)) ?? `machine ${file.readUInt16LE(18)}`,
    isShared: file.readUInt16LE(16) === SHARED,
    name: dynamic.find(({ tag }) => tag === SONAME)?.text,
    needed: dynamic.filter(({ tag }) => tag === NEEDED).map(({ text }) => text),
    versions: neededVersions(file, section(NEEDED_VERSIONS), sections),
    symbols: exportedSymbols(file, section(DYNAMIC_SYMBOLS), sections),
  };
}

const long = (file, at) => Number(file.readBigUInt64LE(at));

function readSections(file) {
  const [at, size, count] = [long(file, 40), file.readUInt16LE(58), file.readUInt16LE(60)];
  return Array.from({ length: count }, (_, index) => {
    const header = at + index * size;
    return {
      type: file.readUInt32LE(header + 4),
      at: long(file, header + 24),
      size: long(file, header + 32),
      link: file.readUInt32LE(header + 40),
      info: file.readUInt32LE(header + 44),
    };
  });
}

function text(file, strings, offset) {
  const start = strings.at + offset;
  return file.toString('latin1', start, file.indexOf(0, start));
}

function dynamicEntries(file, { at, size, link }, sections) {
  return Array.from({ length: size / 16 }, (_, index) => {
    const [tag, value] = [long(file, at + index * 16), long(file, at + index * 16 + 8)];
    return { tag, text: tag === NEEDED || tag === SONAME ? text(file, sections[link], value) : undefined };
  });
}

/** Reads names such as `GLIBC_2.28`, a list of lists. */
function neededVersions(file, { at, info, link }, sections) {
  const found = [];
  for (let library = at, left = info; left > 0; left--) {
    let version = library + file.readUInt32LE(library + 8);
    for (let count = file.readUInt16LE(library + 2); count > 0; count--) {
      found.push(text(file, sections[link], file.readUInt32LE(version + 8)));
      version += file.readUInt32LE(version + 12);
    }
    library += file.readUInt32LE(library + 12);
  }
  return found;
}

function exportedSymbols(file, { at, size, link }, sections) {
  const symbols = Array.from({ length: size / 24 }, (_, index) => at + index * 24);
  // A symbol without a section is one that this library needs.
  const defined = symbols.filter((symbol) => file.readUInt16LE(symbol + 6) !== 0);
  return new Set(defined.map((symbol) => text(file, sections[link], file.readUInt32LE(symbol))));
}
