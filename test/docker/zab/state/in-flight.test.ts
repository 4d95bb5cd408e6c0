// Preparing against what is in flight must come to the same as preparing with nothing in flight: random
// requests, with random numbers of transactions under way, against a naive model that takes one at a time.

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { CreateFlags, ErrorCode } from '../../../../harness/wire/constants.ts';
import { openAcl, type ClientRequest, type MultiOperation } from '../../../../harness/wire/records.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { Applied, AppliedResult } from '../../../../docker/zab/src/core/events.ts';
import { StateDatabase } from '../../../../docker/zab/src/state/database.ts';
import { NaiveState } from './naive-state.ts';
import { otherSession, session, startTimeMs, StateServer } from './state-server.ts';

type Command =
  | { readonly type: 'write'; readonly session: SessionId; readonly request: ClientRequest }
  | { readonly type: 'open' | 'close'; readonly session: SessionId }
  | { readonly type: 'apply' };

const sessions = fc.constantFrom(session, otherSession);
const paths = fc.constantFrom('/a', '/b', '/a/x', '/a/y', '/b/x', '/a/x/z', '/b/x/z', '/none/x', '/');
const versions = fc.constantFrom(-1, -1, -1, 0, 1);
const data = fc.constantFrom(null, Buffer.alloc(0), Buffer.from('one'), Buffer.from('two'));
const flags = fc.constantFrom(
  CreateFlags.PERSISTENT,
  CreateFlags.PERSISTENT,
  CreateFlags.PERSISTENT,
  CreateFlags.EPHEMERAL,
  CreateFlags.PERSISTENT_SEQUENTIAL,
  CreateFlags.EPHEMERAL_SEQUENTIAL,
);

const operation: fc.Arbitrary<MultiOperation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('create'),
      path: paths,
      data,
      acl: fc.constant(openAcl),
      flags,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('delete'), path: paths, version: versions }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('setData'), path: paths, data, version: versions }) },
);
const check: fc.Arbitrary<MultiOperation> = fc.record({
  type: fc.constant('check'),
  path: paths,
  version: versions,
});
const request: fc.Arbitrary<ClientRequest> = fc.oneof(
  { weight: 6, arbitrary: operation as fc.Arbitrary<ClientRequest> },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('setACL'),
      path: paths,
      acl: fc.constant(openAcl),
      version: versions,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('multi'),
      operations: fc.array(fc.oneof({ weight: 3, arbitrary: operation }, { weight: 1, arbitrary: check }), {
        maxLength: 4,
      }),
    }),
  },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('write'), session: sessions, request }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('apply') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('open'), session: sessions }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('close'), session: sessions }) },
);

interface Run {
  readonly server: StateServer;
  readonly model: NaiveState;
  /** What the model said, by zxid. */
  readonly expected: readonly (number | readonly number[])[];
  readonly applied: readonly Applied[];
}

function run(commands: readonly Command[]): Run {
  const server = new StateServer();
  const model = new NaiveState();
  const expected: (number | readonly number[])[] = [];
  const applied: Applied[] = [];
  for (const each of [{ type: 'open', session } as const, ...commands]) {
    const zxid = expected.length + 1;
    switch (each.type) {
      case 'write':
        server.prepare(each.request, { session: each.session });
        expected.push(model.write(each.request, each.session, zxid));
        break;
      case 'open':
        server.prepareOpen(each.session);
        model.sessions.add(each.session);
        expected.push(ErrorCode.OK);
        break;
      case 'close':
        server.prepareClose(each.session);
        expected.push(model.closeSession(each.session, zxid));
        break;
      case 'apply':
        if (server.inFlight.length > 0) applied.push(server.applyOldest());
        break;
    }
  }
  while (server.inFlight.length > 0) applied.push(server.applyOldest());
  return { server, model, expected, applied };
}

function codesOf(result: AppliedResult): number | readonly number[] {
  if (result.type === 'multi') return result.results.map((each) => codesOf(each) as number);
  return result.type === 'error' ? result.err : ErrorCode.OK;
}

function assertSameTree({ tree }: StateDatabase, model: NaiveState): void {
  assert.equal(tree.nodeCount, model.znodes.size + 4);
  for (const [path, expected] of model.znodes) {
    const znode = tree.get(path);
    assert(znode, path);
    if (path === '/') continue;
    assert.deepEqual(znode.data, expected.data, path);
    assert.deepEqual(
      tree.stat(znode),
      {
        czxid: expected.czxid,
        mzxid: expected.mzxid,
        ctime: startTimeMs + expected.czxid - 1,
        mtime: startTimeMs + expected.mzxid - 1,
        version: expected.version,
        cversion: expected.childChangeCount,
        aversion: expected.aversion,
        ephemeralOwner: expected.owner,
        dataLength: expected.data?.length ?? 0,
        numChildren: model.childrenOf(path).length,
        pzxid: expected.pzxid,
      },
      path,
    );
  }
}

describe('requests in flight', () => {
  it('are prepared as if each had been applied before the next came', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
        const { server, model, expected, applied } = run(commands);

        assert.deepEqual(
          applied.map(({ result }) => codesOf(result)),
          expected,
        );
        assertSameTree(server.database, model);
        assert.deepEqual([...server.database.sessions.keys()].toSorted(), [...model.sessions].toSorted());
      }),
      { numRuns: 600 },
    );
  });

  it('carry the digest that the tree has when they are applied', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
        const { server } = run(commands);

        assert.equal(server.database.digestMismatchCount, 0);
      }),
      { numRuns: 1500 },
    );
  });

  it('leave a state whose digests and indexes a snapshot reproduces from nothing', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40, size: 'max' }), (commands) => {
        const { database } = run(commands).server;
        const loaded = new StateDatabase();
        loaded.loadSnapshotFile(database.encodeSnapshotFile(), database.lastProcessedZxid);

        assert(loaded.tree.hasDigest(database.tree.digest));
        assert.equal(loaded.digest(), database.digest());
        assert.equal(loaded.tree.ephemeralCount, database.tree.ephemeralCount);
        assert.equal(loaded.tree.approximateDataBytes, database.tree.approximateDataBytes);
        for (const each of [session, otherSession]) {
          assert.deepEqual(
            [...loaded.tree.ephemeralsOf(each)].toSorted(),
            [...database.tree.ephemeralsOf(each)].toSorted(),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('can be replayed over a snapshot that holds some of them already', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 40, size: 'max' }),
        fc.nat(40),
        fc.nat(40),
        (commands, one, two) => {
          const server = new StateServer();
          const records = run(commands).server.recordsPrepared;
          const from = Math.min(one, two, records.length);
          const fuzzyUpTo = Math.min(Math.max(one, two), records.length);
          // A snapshot that began at `from` and ended at `fuzzyUpTo`: its name says `from`.
          for (const record of records.slice(0, fuzzyUpTo)) server.database.apply(record);
          const replayed = new StateDatabase();
          replayed.loadSnapshotFile(server.database.encodeSnapshotFile(), from);

          for (const record of records.slice(from)) replayed.apply(record);

          for (const record of records.slice(fuzzyUpTo)) server.database.apply(record);
          assert.equal(replayed.digest(), server.database.digest());
          assert.deepEqual(replayed.tree.digest, server.database.tree.digest);
        },
      ),
      { numRuns: 500 },
    );
  });
});
