import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { decodeSnapshotFile, decodeSnapshotStream } from '../../../../harness/wire/snapshot-codec.ts';
import { openAcl, type Acl } from '../../../../harness/wire/records.ts';
import { encodeTxn } from '../../../../harness/wire/txn-codec.ts';
import type { Txn } from '../../../../harness/wire/txn.ts';
import type { ByteSource } from '../../../../docker/zab/src/core/events.ts';
import { StateDatabase } from '../../../../docker/zab/src/state/database.ts';
import { readAll } from '../core/test-database.ts';
import { session } from './state-server.ts';

const names = ['/a', '/b', '/a/c', '/a/c/d', '/b/e'];
const readOnly: Acl[] = [{ perms: 1, scheme: 'world', id: 'anyone' }];

/** Large enough that a few of them fill a slice. */
const bigData = Buffer.alloc(60_000, 'x');

const change = fc.oneof(
  fc.record({ type: fc.constant('create' as const), path: fc.constantFrom(...names), big: fc.boolean() }),
  fc.record({ type: fc.constant('delete' as const), path: fc.constantFrom(...names) }),
  fc.record({ type: fc.constant('setData' as const), path: fc.constantFrom(...names) }),
  fc.record({ type: fc.constant('setACL' as const), path: fc.constantFrom(...names) }),
  fc.record({ type: fc.constant('session' as const) }),
  fc.record({ type: fc.constant('slice' as const) }),
);

class ChangingDatabase {
  readonly database = new StateDatabase();
  #zxid = 0;

  apply(txn: Txn): void {
    this.#zxid += 1;
    const header = { clientId: session, cxid: 0, zxid: this.#zxid, time: this.#zxid };
    this.database.apply(encodeTxn(header, txn, null));
  }

  change(step: { type: string; path?: string; big?: boolean }): void {
    const path = step.path ?? '/';
    switch (step.type) {
      case 'create': {
        const data = step.big === true ? bigData : Buffer.from('small');
        if (this.database.tree.get(path) !== undefined) return;
        return this.apply({ type: 'create', path, data, acl: openAcl, ephemeral: false, parentCversion: -1 });
      }
      case 'delete':
        // Only leaves are ever deleted.
        if ((this.database.tree.get(path)?.childCount ?? 0) === 0) this.apply({ type: 'delete', path });
        return;
      case 'setData':
        return this.apply({ type: 'setData', path, data: Buffer.from(`${this.#zxid}`), version: this.#zxid });
      case 'setACL':
        return this.apply({ type: 'setACL', path, acl: readOnly, version: this.#zxid });
      case 'session':
        return this.apply({ type: 'createSession', timeoutMs: this.#zxid });
    }
  }
}

/** What a snapshot says, whatever the order of its znodes. */
function contentOf(stream: Buffer) {
  const { sessions, acls, nodes } = decodeSnapshotStream(stream);
  return { sessions, acls, nodes: [...nodes].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

describe('a snapshot in slices', () => {
  it('shows one moment, parents first, whatever changes while it is taken', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 20 }),
        fc.array(change, { maxLength: 40 }),
        (before, during) => {
          const changing = new ChangingDatabase();
          const { database } = changing;
          for (const step of before) changing.change(step);
          const zxid = database.lastProcessedZxid;
          const digest = database.digest();
          const expected = contentOf(readAll(database.openStream()));
          const open: { source: ByteSource; slices: Buffer[] }[] = [];
          for (const source of [database.openStream(), database.openStream()])
            open.push({ source, slices: [] });
          const file = { source: database.openSnapshotFile(), slices: [] as Buffer[] };

          for (const [index, step] of during.entries()) {
            if (step.type !== 'slice') changing.change(step);
            const taken = index % 2 === 0 ? open[0]! : file;
            const slice = step.type === 'slice' ? taken.source.next() : null;
            if (slice !== null) taken.slices.push(Buffer.from(slice));
          }
          const [one, other] = open.map(({ source, slices }) => Buffer.concat([...slices, readAll(source)]));
          const whole = Buffer.concat([...file.slices, readAll(file.source)]);

          assert.deepEqual(contentOf(one!), expected);
          assert.deepEqual(contentOf(other!), expected);
          const loaded = new StateDatabase();
          loaded.loadSnapshotFile(whole, zxid);
          assert.equal(loaded.digest(), digest);
          assert.equal(loaded.digestMismatchCount, 0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('comes in pieces of moderate size, sealed as a whole', () => {
    const changing = new ChangingDatabase();
    for (const path of names) changing.change({ type: 'create', path, big: true });
    const source = changing.database.openSnapshotFile();
    const slices: Buffer[] = [];

    for (let slice = source.next(); slice !== null; slice = source.next()) slices.push(slice);

    assert.equal(slices.length, 2);
    assert.ok(slices.every(({ length }) => length < 256 * 1024));
    const { digest } = decodeSnapshotFile(Buffer.concat(slices));
    assert.deepEqual(digest, { zxid: 5, digest: changing.database.tree.digest });
  });

  it('ends at once when it is closed', () => {
    const changing = new ChangingDatabase();
    const source = changing.database.openStream();

    source.close();

    assert.equal(source.next(), null);
  });
});
