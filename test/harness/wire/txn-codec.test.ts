import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { JuteError, JuteWriter } from '../../../harness/wire/jute.ts';
import { decodeTxn, encodeTxn, txnOpcode } from '../../../harness/wire/txn-codec.ts';
import type { Txn, TxnHeader } from '../../../harness/wire/txn.ts';

const header: TxnHeader = {
  clientId: '0100000000000007',
  cxid: 3,
  zxid: 0x1_0000_0002,
  time: 1_795_220_576_584,
};
const digest = { high: 0x7, low: 0xffff_fff0 };
const headerBytes = 32;

/** Plain objects, as decoders make them. */
function record<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

const acls = fc.array(
  record({ perms: fc.integer({ min: 0, max: 31 }), scheme: fc.string(), id: fc.string() }),
  { maxLength: 3 },
);
const paths = fc.string({ unit: 'grapheme' }).map((name) => `/${name}`);
const data = fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes)));
const created = { path: paths, data, acl: acls, parentCversion: fc.integer() };

function ofType<T extends Txn['type']>(...types: readonly [T, ...T[]]): fc.Arbitrary<T> {
  return fc.constantFrom(...types);
}

const plainTxns: fc.Arbitrary<Txn> = fc.oneof(
  record({ type: ofType('create', 'create2'), ...created, ephemeral: fc.boolean() }),
  record({ type: ofType('createContainer'), ...created }),
  record({ type: ofType('createTTL'), ...created, ttl: fc.maxSafeNat() }),
  record({ type: ofType('delete', 'deleteContainer'), path: paths }),
  record({ type: ofType('setData', 'reconfig'), path: paths, data, version: fc.integer() }),
  record({ type: ofType('setACL'), path: paths, acl: acls, version: fc.integer() }),
  record({ type: ofType('check'), path: paths, version: fc.integer() }),
  record({ type: ofType('createSession'), timeoutMs: fc.integer() }),
  record({ type: ofType('closeSession'), paths: fc.option(fc.array(paths)) }),
  record({ type: ofType('error'), err: fc.integer() }),
);
const txns: fc.Arbitrary<Txn> = fc.oneof(
  { weight: 4, arbitrary: plainTxns },
  { weight: 1, arbitrary: record({ type: ofType('multi'), txns: fc.array(plainTxns, { maxLength: 4 }) }) },
);
const digests = fc.option(
  record({
    high: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    low: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  }),
);

describe('transaction codec', () => {
  it('reads back every kind of transaction, with a digest and without', () => {
    fc.assert(
      fc.property(txns, digests, (txn, sum) => {
        const record = encodeTxn(header, txn, sum);

        assert.deepEqual(decodeTxn(record.bytes), record);
      }),
      { numRuns: 500 },
    );
  });

  it('writes the type of a transaction as its operation code', () => {
    const record = encodeTxn(header, { type: 'closeSession', paths: [] }, null);

    assert.equal(record.bytes.readInt32BE(headerBytes - 4), -11);
    assert.equal(txnOpcode(record.txn), -11);
  });

  it('refuses a transaction that is cut short, except where an older form ends', () => {
    const whole = encodeTxn(
      header,
      { type: 'create', path: '/a', data: Buffer.from('x'), acl: [], ephemeral: true, parentCversion: 4 },
      digest,
    ).bytes;
    const withoutDigest = whole.length - 12;
    const withoutCversion = withoutDigest - 4;

    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      if (length === withoutDigest) assert.equal(decodeTxn(cut).digest, null);
      else if (length === withoutCversion)
        assert.equal((decodeTxn(cut).txn as { parentCversion: number }).parentCversion, -1);
      else assert.throws(() => decodeTxn(cut), JuteError, `${length} bytes`);
    }
  });

  it('tells a closeSession without a list from one with an empty list, also before a digest', () => {
    for (const paths of [null, [], ['/a'], ['/a', '/b']]) {
      for (const sum of [null, digest]) {
        const { bytes } = encodeTxn(header, { type: 'closeSession', paths }, sum);

        const decoded = decodeTxn(bytes);

        assert.deepEqual(decoded.txn, { type: 'closeSession', paths });
        assert.deepEqual(decoded.digest, sum);
      }
    }
  });

  it('hands out data as views of the record, also inside a multi', () => {
    const txn: Txn = {
      type: 'multi',
      txns: [{ type: 'setData', path: '/a', data: Buffer.from('x'), version: 1 }],
    };
    const record = encodeTxn(header, txn, null);
    const [inner] = (decodeTxn(record.bytes).txn as Extract<Txn, { type: 'multi' }>).txns;

    record.bytes.fill('y', record.bytes.indexOf('x'), record.bytes.indexOf('x') + 1);

    assert.equal((inner as { data: Buffer }).data.toString(), 'y');
  });

  it('ignores a digest of a version that it cannot compare', () => {
    const { bytes } = encodeTxn(header, { type: 'error', err: -101 }, digest);
    bytes.writeInt32BE(3, bytes.length - 12);

    assert.equal(decodeTxn(bytes).digest, null);
  });

  it('refuses a type that is no transaction', () => {
    const { bytes } = encodeTxn(header, { type: 'error', err: 0 }, null);
    bytes.writeInt32BE(4, headerBytes - 4);

    assert.throws(() => decodeTxn(bytes), /a transaction of unknown type 4 \(at byte 28\)/);
  });

  it('refuses a multi inside a multi, however deep', () => {
    const writer = new JuteWriter();
    writer.writeBytes(encodeTxn(header, { type: 'multi', txns: [] }, null).bytes.subarray(0, headerBytes));
    for (let depth = 0; depth < 50_000; depth++) {
      writer.writeInt(1);
      writer.writeInt(14);
      writer.writeInt((49_999 - depth) * 12);
    }

    assert.throws(() => decodeTxn(writer.toBuffer()), /a multi inside a multi/);
  });
});
