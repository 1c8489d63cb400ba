/** Reads single files out of a zip archive in memory. A wheel is one. */

import { crc32, inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

/** Returns the content of the file `name`. @throws Error where the archive is damaged or has no such file */
export function readMember(archive, name) {
  const entry = [...entries(archive)].find((one) => one.name === name);
  if (entry === undefined) throw new Error(`the archive has no file ${name}`);
  const start = entry.at + LOCAL_BYTES + archive.readUInt16LE(entry.at + 26) + archive.readUInt16LE(entry.at + 28);
  const content = unpacked(archive.subarray(start, start + entry.packedSize), entry);
  if (crc32(content) !== entry.crc) throw new Error(`the file ${name} of the archive is damaged`);
  return content;
}

function unpacked(bytes, { name, method, size }) {
  if (method === STORED) return bytes;
  if (method === DEFLATED) return inflateRawSync(bytes, { maxOutputLength: size });
  throw new Error(`the file ${name} is packed by method ${method}, which is not known here`);
}

/** Reads the central directory, which is at the end of the archive. */
function* entries(archive) {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + END_BYTES > archive.length || archive.readUInt32LE(end) !== END)
    throw new Error('this is no zip archive');
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new Error('the directory of the archive is damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    yield {
      name: archive.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength),
      method: archive.readUInt16LE(at + 10),
      crc: archive.readUInt32LE(at + 16),
      packedSize: archive.readUInt32LE(at + 20),
      size: archive.readUInt32LE(at + 24),
      at: archive.readUInt32LE(at + 42),
    };
    at += ENTRY_BYTES + nameLength + extraLength + commentLength;
  }
}
