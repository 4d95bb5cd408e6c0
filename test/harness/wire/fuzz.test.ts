// Any bytes at all: decoders may refuse them with the errors that they name, and do nothing else.

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  decodeConnectRequest,
  decodeConnectResponse,
  decodeReplyBody,
  decodeReplyHeader,
  decodeRequestBody,
  decodeRequestHeader,
  decodeWatcherEvent,
  requestNameOf,
  UnknownOpcodeError,
} from '../../../harness/wire/client-codec.ts';
import {
  decodeElectionHello,
  decodeNotification,
  ElectionStreamDecoder,
} from '../../../harness/wire/election-codec.ts';
import { FrameDecoder, FrameError } from '../../../harness/wire/frame.ts';
import { JuteError } from '../../../harness/wire/jute.ts';
import {
  decodeForwardedRequest,
  decodeLearnerInfo,
  decodeRevalidate,
  decodeRevalidated,
  decodeTouches,
  QuorumStreamDecoder,
  QuorumStreamError,
} from '../../../harness/wire/quorum-codec.ts';
import { decodeSnapshotFile, decodeSnapshotStream } from '../../../harness/wire/snapshot-codec.ts';
import { decodeTxn } from '../../../harness/wire/txn-codec.ts';
import { scanLog } from '../../../harness/wire/txn-log-codec.ts';
import { loadConnections, readVectorFile } from './vectors.ts';

const opcodes = Array.from({ length: 140 }, (_, index) => index - 20);
const names = opcodes.map(requestNameOf).filter((name) => name !== null);

/** Every decoder, applied to the same bytes. */
const decoders: readonly ((bytes: Buffer) => unknown)[] = [
  decodeConnectRequest,
  decodeConnectResponse,
  decodeRequestHeader,
  decodeReplyHeader,
  ...opcodes.map((opcode) => (bytes: Buffer) => decodeRequestBody(opcode, bytes, 0)),
  ...names.map((name) => (bytes: Buffer) => decodeReplyBody(name, bytes, 0)),
  (bytes) => decodeWatcherEvent(bytes, 0),
  decodeElectionHello,
  decodeNotification,
  decodeLearnerInfo,
  decodeRevalidate,
  decodeRevalidated,
  decodeTouches,
  (data) => decodeForwardedRequest({ type: 1, zxid: -1, data, authinfo: null }),
  decodeTxn,
  decodeSnapshotStream,
  decodeSnapshotFile,
  scanLog,
  (bytes) => new FrameDecoder().push(bytes),
  (bytes) => new ElectionStreamDecoder().push(bytes),
  (bytes) => new QuorumStreamDecoder().push(bytes),
];

const namedErrors = [JuteError, FrameError, QuorumStreamError, UnknownOpcodeError];

function assertOnlyNamedErrors(decode: (bytes: Buffer) => unknown, bytes: Buffer): void {
  try {
    decode(bytes);
  } catch (error) {
    if (!namedErrors.some((kind) => error instanceof kind)) throw error;
  }
}

function decodeWithAll(bytes: Buffer): void {
  for (const decode of decoders) assertOnlyNamedErrors(decode, bytes);
}

/** Small numbers are frequent in real records, so random bytes alone would end at the first length. */
const bytes = fc
  .array(
    fc.oneof(
      fc.constantFrom('00000000', '00000001', '00000002', 'ffffffff', '80000000', '7fffffff', '0000000f'),
      fc.constantFrom('000000012f', '000000022f61', '00', '01', '5a4b534e', '5a4b4c47', '42'),
      fc.uint8Array({ maxLength: 12 }).map((some) => Buffer.from(some).toString('hex')),
    ),
    { maxLength: 30 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'hex'));

const samples = [
  ...loadConnections('client-java-main.json', 'quorum-join.json').flatMap(({ frames }) => frames),
  ...loadConnections('election.json').flatMap(({ frames }) => frames.slice(0, 2)),
].map((frame) => frame.bytes);
const files = ['standalone.log.1', 'standalone.snapshot.10'].map((name) => readVectorFile(`storage/${name}`));

describe('all decoders', () => {
  it('refuse arbitrary bytes with nothing but the errors that they name', () => {
    fc.assert(fc.property(bytes, decodeWithAll), { numRuns: 500 });
  });

  it('refuse changed frames with nothing but the errors that they name', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    const changes = fc.array(change, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...samples, ...files), changes, (sample, list) => {
        const changed = Buffer.from(sample);
        for (const { at, byte } of list) changed.writeUInt8(byte, at % changed.length);
        for (const skipped of [0, 4, 8, 20]) decodeWithAll(changed.subarray(skipped));
      }),
      { numRuns: 120 },
    );
  });

  it('find the same items in arbitrary bytes however these are cut', () => {
    const streams = [() => new FrameDecoder(64), () => new QuorumStreamDecoder()];
    fc.assert(
      fc.property(bytes, (stream) => {
        for (const open of streams) {
          assert.deepEqual(itemsOf(open(), stream, 1), itemsOf(open(), stream, stream.length || 1));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('spend no more time on a lie about a length than on the bytes that are there', () => {
    const lies = Buffer.alloc(4_000, Buffer.from('7fffffff', 'hex'));
    const counts = Buffer.alloc(4_000, Buffer.from('00000001', 'hex'));
    const start = performance.now();

    decodeWithAll(lies);
    decodeWithAll(counts);

    assert.ok(performance.now() - start < 2_000);
  });
});

/** What a stream decoder found, with the error at the end, if any. */
function itemsOf(decoder: { push(chunk: Buffer): unknown[] }, stream: Buffer, step: number): unknown[] {
  const items: unknown[] = [];
  for (let at = 0; at < stream.length; at += step) {
    try {
      items.push(...decoder.push(stream.subarray(at, at + step)));
    } catch (error) {
      if (error instanceof FrameError) return [...items, ...error.frames, error.name];
      if (error instanceof QuorumStreamError) return [...items, ...error.items, error.name];
      throw error;
    }
  }
  return items;
}
