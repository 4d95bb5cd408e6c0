// Golden bytes of Apache ZooKeeper (test/vectors) for the codec tests: loading them, and comparing what a
// codec decoded with the fields that an independent decoder found.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export interface VectorFrame {
  readonly where: string;
  readonly dir: string;
  readonly name: string;
  readonly bytes: Buffer;
  /** Absent for bytes that are no frame of the protocol, such as four-letter words. */
  readonly decoded?: unknown;
}

export interface VectorConnection {
  readonly label: string;
  readonly frames: readonly VectorFrame[];
}

interface FileContent {
  readonly connections?: readonly RawConnection[];
  readonly sections?: readonly { readonly connections: readonly RawConnection[] }[];
}

interface RawConnection {
  readonly label: string;
  readonly frames: readonly {
    readonly n: number;
    readonly dir: string;
    readonly name: string;
    readonly hex?: string;
    readonly decoded?: unknown;
  }[];
}

const folder = new URL('../../vectors/', import.meta.url);

export function readVectorFile(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

/** Connections of one or several files; observations without bytes are left out. */
export function loadConnections(...files: readonly string[]): VectorConnection[] {
  return files.flatMap((file) => {
    const content = JSON.parse(readVectorFile(file).toString()) as FileContent;
    const connections =
      content.connections ?? (content.sections ?? []).flatMap((section) => section.connections);
    return connections.map((connection) => ({
      label: `${file}: ${connection.label}`,
      frames: connection.frames.flatMap((frame) =>
        frame.hex === undefined
          ? []
          : [
              {
                where: `${file}, "${connection.label}", frame ${frame.n} (${frame.name})`,
                dir: frame.dir,
                name: frame.name,
                bytes: Buffer.from(frame.hex, 'hex'),
                decoded: frame.decoded,
              },
            ],
      ),
    }));
  });
}

/** Fields of the vector files, by name. */
export type Fields = { readonly [name: string]: unknown };

/**
 * Compares decoded values with a vector's fields: the same fields, no more and no less, where 64-bit numbers
 * are hexadecimal texts in the vector, and buffers `{ utf8 }`, `{ hex }` or, in some files, a hex text.
 */
export function assertFields(actual: unknown, expected: unknown, where: string): void {
  if (Buffer.isBuffer(actual)) {
    assert.equal(actual.toString('hex'), hexOf(expected), where);
  } else if (expected === 'Long.MIN_VALUE') {
    assert.equal(actual, -(2 ** 63), where);
  } else if (typeof expected === 'string' && /^0x[0-9a-f]+$/.test(expected)) {
    assert.equal(bitsOf(actual), BigInt(expected), where);
  } else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${where}: expected a list`);
    assert.equal(actual.length, expected.length, where);
    expected.forEach((element, index) => assertFields(actual[index], element, `${where}[${index}]`));
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${where}: expected fields`);
    assert.deepEqual(Object.keys(actual).toSorted(), Object.keys(expected).toSorted(), where);
    for (const [name, value] of Object.entries(expected)) {
      assertFields((actual as Fields)[name], value, `${where}.${name}`);
    }
  } else {
    assert.equal(actual, expected, where);
  }
}

function hexOf(expected: unknown): string {
  if (typeof expected === 'string') return expected;
  const { utf8, hex } = expected as { readonly utf8?: string; readonly hex?: string };
  return utf8 === undefined ? String(hex) : Buffer.from(utf8).toString('hex');
}

/** The 64 bits of a zxid, of a session id's sixteen digits, or of a digest's halves. */
function bitsOf(actual: unknown): bigint {
  if (typeof actual === 'number') return BigInt.asUintN(64, BigInt(actual));
  if (typeof actual === 'string') return BigInt(`0x${actual}`);
  const { high, low } = actual as { readonly high: number; readonly low: number };
  return (BigInt(high) << 32n) | BigInt(low);
}
