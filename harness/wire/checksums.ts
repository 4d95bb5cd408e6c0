// The two checksums of ZooKeeper's files: Adler-32 seals log records and snapshots, CRC-32 hashes znodes
// for the tree digest. Both can be continued: pass the sum so far as `seed`.

const adlerBase = 65_521;
/** How many bytes can be summed before either half could pass 2^31. */
const adlerRun = 3_800;

/** Adler-32 (RFC 1950). */
export function adler32(bytes: Uint8Array, seed = 1): number {
  let low = seed & 0xffff;
  let high = seed >>> 16;
  const length = bytes.length;
  let index = 0;
  while (index < length) {
    const runEnd = Math.min(index + adlerRun, length);
    for (; index < runEnd; index++) {
      low = (low + (bytes[index] as number)) | 0;
      high = (high + low) | 0;
    }
    low %= adlerBase;
    high %= adlerBase;
  }
  return ((high << 16) | low) >>> 0;
}

/** CRC-32 as in IEEE 802.3, eight bytes at a step. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  let sum = ~seed;
  const length = bytes.length;
  let index = 0;
  for (const sliceEnd = length - 7; index < sliceEnd; index += 8) {
    sum ^=
      (bytes[index] as number) |
      ((bytes[index + 1] as number) << 8) |
      ((bytes[index + 2] as number) << 16) |
      ((bytes[index + 3] as number) << 24);
    sum =
      (crcTables[0x700 | (sum & 0xff)] as number) ^
      (crcTables[0x600 | ((sum >>> 8) & 0xff)] as number) ^
      (crcTables[0x500 | ((sum >>> 16) & 0xff)] as number) ^
      (crcTables[0x400 | (sum >>> 24)] as number) ^
      (crcTables[0x300 | (bytes[index + 4] as number)] as number) ^
      (crcTables[0x200 | (bytes[index + 5] as number)] as number) ^
      (crcTables[0x100 | (bytes[index + 6] as number)] as number) ^
      (crcTables[bytes[index + 7] as number] as number);
  }
  for (; index < length; index++) {
    sum = (sum >>> 8) ^ (crcTables[(sum ^ (bytes[index] as number)) & 0xff] as number);
  }
  return ~sum >>> 0;
}

/** Table k holds, at 256·k, what a byte contributes that k further bytes follow. */
const crcTables = makeCrcTables();

function makeCrcTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    tables[byte] = sum;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number;
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}
