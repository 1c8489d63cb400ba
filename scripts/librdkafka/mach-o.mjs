/** Reads the headers of a shared library of macOS (Mach-O, 64-bit, little endian, one architecture). */

const MAGIC = 0xfeedfacf;
const MACHINES = new Map([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
]);
const SHARED = 6;

const SYMBOLS = 0x2;
const NEEDED = 0xc;
const NAME = 0xd;
const SIGNATURE = 0x1d;
const OLDEST_MACOS = 0x24;
const BUILD_VERSION = 0x32;

const COMMANDS_AT = 32;
const SYMBOL_BYTES = 16;
/** Bits of a symbol's type: it is debugging information; it is visible outside; it is defined in a section. */
const DEBUG = 0xe0;
const EXTERNAL = 0x01;
const DEFINED = 0x0e;

export const isMachO = (file) => file.length > COMMANDS_AT && file.readUInt32LE(0) === MAGIC;

/** Returns machine, name, needed libraries, the oldest macOS, exported symbols, and whether the file is signed. */
export function readMachO(file) {
  const commands = readCommands(file);
  const command = (type) => commands.find((one) => one.type === type);
  const oldest = command(BUILD_VERSION)?.at ?? command(OLDEST_MACOS)?.at;
  return {
    arch: MACHINES.get(file.readUInt32LE(4)) ?? `machine ${file.readUInt32LE(4)}`,
    isShared: file.readUInt32LE(12) === SHARED,
    name: command(NAME) && text(file, command(NAME).at + file.readUInt32LE(command(NAME).at + 8)),
    needed: commands.filter(({ type }) => type === NEEDED).map(({ at }) => text(file, at + file.readUInt32LE(at + 8))),
    oldest: oldest && version(file.readUInt32LE(oldest + (command(BUILD_VERSION) ? 12 : 8))),
    symbols: exportedSymbols(file, command(SYMBOLS)),
    isSigned: command(SIGNATURE) !== undefined,
  };
}

const text = (file, at) => file.toString('latin1', at, file.indexOf(0, at));

const version = (packed) => `${packed >>> 16}.${(packed >>> 8) & 0xff}`;

function readCommands(file) {
  const commands = [];
  let at = COMMANDS_AT;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    commands.push({ type: file.readUInt32LE(at) & 0x7fffffff, at });
    at += file.readUInt32LE(at + 4);
  }
  return commands;
}

function exportedSymbols(file, command) {
  if (command === undefined) return new Set();
  const [symbolsAt, count, textsAt] = [8, 12, 16].map((offset) => file.readUInt32LE(command.at + offset));
  const symbols = Array.from({ length: count }, (_, index) => symbolsAt + index * SYMBOL_BYTES);
  const exported = symbols.filter((symbol) => {
    const type = file[symbol + 4];
    return (type & DEBUG) === 0 && (type & EXTERNAL) !== 0 && (type & DEFINED) === DEFINED;
  });
  // The compiler puts an underscore in front of every name of C.
  return new Set(exported.map((symbol) => text(file, textsAt + file.readUInt32LE(symbol)).replace(/^_/, '')));
}
