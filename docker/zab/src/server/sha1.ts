// SHA-1 (FIPS 180-4), for the digest scheme alone: the server's folder imports no module of Node, and the
// scheme fixes the hash. Nothing here relies on its strength.

const blockBytes = 64;

export function sha1(message: Buffer): Buffer {
  const padded = pad(message);
  let [a0, b0, c0, d0, e0] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const words = new Int32Array(80);
  for (let at = 0; at < padded.length; at += blockBytes) {
    expand(padded, at, words);
    let [a, b, c, d, e] = [a0, b0, c0, d0, e0];
    for (let round = 0; round < 80; round++) {
      const mixed = (rotate(a, 5) + choose(round, { b, c, d }) + e + (words[round] ?? 0)) | 0;
      e = d;
      d = c;
      c = rotate(b, 30);
      b = a;
      a = mixed;
    }
    a0 = (a0 + a) | 0;
    b0 = (b0 + b) | 0;
    c0 = (c0 + c) | 0;
    d0 = (d0 + d) | 0;
    e0 = (e0 + e) | 0;
  }
  const hash = Buffer.alloc(20);
  for (const [index, word] of [a0, b0, c0, d0, e0].entries()) hash.writeInt32BE(word, 4 * index);
  return hash;
}

/** A one bit, zeros, and the length in bits in the last eight bytes. */
function pad(message: Buffer): Buffer {
  const length = Math.ceil((message.length + 9) / blockBytes) * blockBytes;
  const padded = Buffer.alloc(length);
  message.copy(padded);
  padded[message.length] = 0x80;
  padded.writeUInt32BE(Math.floor(message.length / 2 ** 29), length - 8);
  padded.writeUInt32BE((message.length * 8) >>> 0, length - 4);
  return padded;
}

function expand(bytes: Buffer, at: number, words: Int32Array): void {
  for (let index = 0; index < 16; index++) words[index] = bytes.readInt32BE(at + 4 * index);
  for (let index = 16; index < 80; index++) {
    const mixed =
      (words[index - 3] ?? 0) ^ (words[index - 8] ?? 0) ^ (words[index - 14] ?? 0) ^ (words[index - 16] ?? 0);
    words[index] = rotate(mixed, 1);
  }
}

/** The round's function and constant, added. */
function choose(round: number, { b, c, d }: { b: number; c: number; d: number }): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
