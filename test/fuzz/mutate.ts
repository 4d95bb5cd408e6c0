// Bytes that are almost right: samples with a few changes of the kinds that break parsers. Everything is drawn
// from one seed, which a failure names.

import { readFileSync } from 'node:fs';
import { Random } from '../../harness/random/random.ts';

/** Numbers that lengths and counts are lied about with. */
const lies = [0, 1, -1, -2, 2 ** 31 - 1, -(2 ** 31), 0xffff, 0x7fff0000, 1_048_576, 15, 16] as const;

/** Runs `attempt` with one seed after the other; ORDEAL_FUZZ_SECONDS makes it go on for so long. */
export function fuzz(count: number, attempt: (random: Random, seed: number) => void): void {
  const seconds = Number(process.env['ORDEAL_FUZZ_SECONDS'] ?? 0);
  const untilMs = performance.now() + seconds * 1_000;
  const first = Number(process.env['ORDEAL_FUZZ_SEED'] ?? 1);
  for (let seed = first; seed < first + count || performance.now() < untilMs; seed += 1) {
    try {
      attempt(new Random(seed), seed);
    } catch (error) {
      throw new Error(`with seed ${seed} (ORDEAL_FUZZ_SEED=${seed} repeats it)`, { cause: error });
    }
  }
}

export function mutate(sample: Buffer, random: Random, others: readonly Buffer[] = []): Buffer {
  let bytes: Buffer = Buffer.from(sample);
  const changes = random.between(1, 4);
  for (let change = 0; change < changes; change += 1) bytes = changeOnce(bytes, random, others);
  return bytes;
}

function changeOnce(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  if (bytes.length === 0) return garbage(random, 40);
  const at = random.below(bytes.length);
  switch (random.below(7)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8((flipped.readUInt8(at) ^ (1 << random.below(8))) & 0xff, at);
      return flipped;
    }
    case 1: {
      if (bytes.length < 4) return garbage(random, 8);
      const lied = Buffer.from(bytes);
      lied.writeInt32BE(random.pick(lies), Math.min(at, bytes.length - 4));
      return lied;
    }
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), garbage(random, 12), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.below(bytes.length))]);
    case 5: {
      if (others.length === 0) return Buffer.concat([bytes, bytes]);
      const other = random.pick(others);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
    default:
      return Buffer.concat([bytes, garbage(random, 30)]);
  }
}

export function garbage(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.between(0, most) }, () => random.below(256)));
}

interface VectorFile {
  readonly connections?: readonly VectorConnection[];
  readonly sections?: readonly { readonly connections: readonly VectorConnection[] }[];
}

interface VectorConnection {
  readonly frames: readonly { readonly dir?: string; readonly hex?: string }[];
}

/** What was sent on the connections of a capture: one list of frames for each, as bytes. */
export function capturedConversations(file: string, direction?: string): Buffer[][] {
  const text = readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8');
  const { connections, sections } = JSON.parse(text) as VectorFile;
  const all = connections ?? (sections ?? []).flatMap((section) => section.connections);
  return all
    .map(({ frames }) =>
      frames
        .filter(({ dir, hex }) => hex !== undefined && (direction === undefined || dir === direction))
        .map(({ hex = '' }) => Buffer.from(hex, 'hex')),
    )
    .filter((frames) => frames.length > 0);
}
