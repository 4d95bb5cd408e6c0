import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { JuteError } from '../../../../harness/wire/jute.ts';
import { openAcl } from '../../../../harness/wire/records.ts';
import { noSession } from '../../../../harness/wire/session-id.ts';
import {
  decodeSnapshotStream,
  encodeSnapshotStream,
  type SnapshotNode,
} from '../../../../harness/wire/snapshot-codec.ts';
import { encodeTxn } from '../../../../harness/wire/txn-codec.ts';
import type { Txn, TxnRecord } from '../../../../harness/wire/txn.ts';
import { StateDatabase } from '../../../../docker/zab/src/state/database.ts';
import { readAll } from '../core/test-database.ts';
import { create, ephemeral, remove, setAcl, setData } from './requests.ts';
import { otherSession, session, startTimeMs, StateServer } from './state-server.ts';

function record(zxid: number, txn: Txn, clientId = session): TxnRecord {
  return encodeTxn({ clientId, cxid: 0, zxid, time: zxid * 10 }, txn, null);
}

function createTxn(path: string, parentCversion: number): Txn {
  return { type: 'create', path, data: null, acl: openAcl, ephemeral: false, parentCversion };
}

function statOf(database: StateDatabase, path: string) {
  const znode = database.tree.get(path);
  assert(znode, path);
  return database.tree.stat(znode);
}

describe('changes that watchers are told of', () => {
  it('come in the order of a multi', () => {
    const server = StateServer.serving();

    const { changes } = server.write({
      type: 'multi',
      operations: [create('/a'), create('/a/b'), setData('/a', 'x'), remove('/a/b')],
    });

    assert.deepEqual(changes, [
      { type: 'created', path: '/a' },
      { type: 'created', path: '/a/b' },
      { type: 'dataChanged', path: '/a' },
      { type: 'deleted', path: '/a/b' },
    ]);
  });

  it('tell of every ephemeral of a closed session', () => {
    const server = StateServer.serving();
    for (const path of ['/one', '/two']) server.write(ephemeral(path));

    assert.deepEqual(server.closeSession(session).changes, [
      { type: 'deleted', path: '/one' },
      { type: 'deleted', path: '/two' },
    ]);
  });

  it('tell nothing of ACLs, sessions and failures', () => {
    const server = StateServer.serving();
    server.write(create('/a'));

    assert.deepEqual(server.write(setAcl('/a', openAcl)).changes, []);
    assert.deepEqual(server.write(create('/a')).changes, []);
    assert.deepEqual(server.openSession('0100000000000055').changes, []);
  });
});

describe('result of a transaction', () => {
  it('shows the znode as that transaction left it, whatever was applied after it', () => {
    const server = StateServer.serving();
    server.write(create('/a'));
    server.prepare(setData('/a', 'one'));
    server.prepare(setData('/a', 'two!'));
    const zxid = server.database.lastProcessedZxid;

    const [first, second] = [server.applyOldest(), server.applyOldest()];

    assert(first.result.type === 'stat' && second.result.type === 'stat');
    assert.deepEqual(
      [first.result.stat, second.result.stat].map(({ version, mzxid, dataLength }) => [
        version,
        mzxid,
        dataLength,
      ]),
      [
        [1, zxid + 1, 3],
        [2, zxid + 2, 4],
      ],
    );
  });
});

describe('Stat', () => {
  it('counts creates and deletes of children in cversion, and no grandchildren', () => {
    const server = StateServer.serving();
    server.write(create('/a'));
    const createdAt = server.database.lastProcessedZxid;
    server.write(create('/a/one'));
    server.write(create('/a/two'));
    server.write(remove('/a/one'));
    const deletedAt = server.database.lastProcessedZxid;
    server.write(create('/a/two/x'));
    server.write(setData('/a/two', 'x'));

    assert.deepEqual(statOf(server.database, '/a'), {
      czxid: createdAt,
      mzxid: createdAt,
      ctime: startTimeMs + createdAt - 1,
      mtime: startTimeMs + createdAt - 1,
      version: 0,
      cversion: 3,
      aversion: 0,
      ephemeralOwner: noSession,
      dataLength: 1,
      numChildren: 1,
      pzxid: deletedAt,
    });
  });

  it('of the root begins with a cversion of -1', () => {
    const { cversion, numChildren } = statOf(new StateDatabase(), '/');

    assert.deepEqual({ cversion, numChildren }, { cversion: -1, numChildren: 1 });
  });

  it('shows the owner of an ephemeral', () => {
    const server = StateServer.serving();
    server.write(ephemeral('/e'), { session: otherSession });

    assert.equal(statOf(server.database, '/e').ephemeralOwner, otherSession);
  });

  it('is found under the empty path, too, for the root', () => {
    const { tree } = new StateDatabase();

    assert.equal(tree.get(''), tree.get('/'));
  });
});

describe('replaying', () => {
  it('of a create raises the parent even where the child is there already', () => {
    const database = new StateDatabase();
    database.apply(record(1, createTxn('/a', 1)));
    database.apply(record(2, createTxn('/a/b', 5)));

    const { result } = database.apply(record(3, createTxn('/a/b', 7)));

    assert.deepEqual(result, { type: 'error', err: -110 });
    assert.equal(database.tree.get('/a')?.cversion, 7);
    assert.equal(database.tree.get('/a')?.pzxid, 3);
  });

  it('of an old create does not lower the parent', () => {
    const database = new StateDatabase();
    database.apply(record(1, createTxn('/a', 1)));
    database.apply(record(2, createTxn('/a/b', 5)));

    database.apply(record(3, createTxn('/a/c', 4)));

    assert.equal(database.tree.get('/a')?.cversion, 5);
    assert.equal(database.tree.get('/a')?.pzxid, 2);
  });

  it('of a create by a very old server counts by itself', () => {
    const database = new StateDatabase();
    database.apply(record(1, createTxn('/a', 1)));
    database.apply(record(2, createTxn('/a/b', 5)));

    database.apply(record(3, createTxn('/a/c', -1)));

    assert.equal(database.tree.get('/a')?.cversion, 6);
  });

  it('of a delete raises the parent even where the child is gone', () => {
    const database = new StateDatabase();
    database.apply(record(1, createTxn('/a', 1)));

    const { changes } = database.apply(record(2, { type: 'delete', path: '/a/b' }));

    assert.deepEqual(changes, []);
    assert.equal(database.tree.get('/a')?.pzxid, 2);
  });

  it('of a close without paths deletes what the index knows', () => {
    const database = new StateDatabase();
    database.apply(record(1, { type: 'createSession', timeoutMs: 4000 }));
    database.apply(record(2, { ...createTxn('/e', 1), ephemeral: true } as Txn));

    const { changes } = database.apply(record(3, { type: 'closeSession', paths: null }));

    assert.deepEqual(changes, [{ type: 'deleted', path: '/e' }]);
    assert.equal(database.sessions.size, 0);
  });

  it('refuses to go back', () => {
    const database = new StateDatabase();
    database.apply(record(2, createTxn('/a', 1)));

    assert.throws(() => database.apply(record(2, createTxn('/b', 2))), /zxid 2 is applied after 2/);
    assert.throws(() => database.markEpoch(2), /epoch mark 2/);
  });

  it('goes on behind the mark of an epoch', () => {
    const database = new StateDatabase();
    database.markEpoch(0x1_0000_0000);

    database.apply(record(0x1_0000_0001, createTxn('/a', 1)));

    assert.equal(database.lastProcessedZxid, 0x1_0000_0001);
  });
});

describe('audience of a database', () => {
  const setDataTxn: Txn = { type: 'setData', path: '/a', data: Buffer.from('x'), version: 1 };

  function databaseWith(audience: { awaited: readonly string[]; isWatching: boolean }): StateDatabase {
    const database = new StateDatabase();
    const { awaited, isWatching } = audience;
    database.setAudience({ awaits: (sessionId) => awaited.includes(sessionId), isWatching });
    return database;
  }

  it('is told what came of its own transactions, and of failures of all', () => {
    const database = databaseWith({ awaited: [session], isWatching: false });

    const results = [
      record(1, createTxn('/a', 1)),
      record(2, setDataTxn, otherSession),
      record(3, setDataTxn),
      record(4, createTxn('/a/b', 1), otherSession),
      record(5, { type: 'error', err: -110 }, otherSession),
    ].map((each) => database.apply(each).result.type);

    assert.deepEqual(results, ['created', 'none', 'stat', 'none', 'error']);
  });

  it('is told of changes while somebody watches', () => {
    for (const isWatching of [true, false]) {
      const database = databaseWith({ awaited: [], isWatching });

      const told: string[] = [
        record(1, createTxn('/a', 1)),
        record(2, setDataTxn),
        record(3, { type: 'delete', path: '/a' }),
      ].flatMap((each) => database.apply(each).changes.map(({ type }) => type));

      assert.deepEqual(told, isWatching ? ['created', 'dataChanged', 'deleted'] : []);
    }
  });

  it('makes no difference to the state', () => {
    const [one, two] = [databaseWith({ awaited: [], isWatching: false }), new StateDatabase()];
    for (const database of [one, two]) {
      database.apply(record(1, createTxn('/a', 1)));
      database.apply(record(2, setDataTxn));
    }

    assert.equal(one.digest(), two.digest());
    assert.deepEqual(statOf(one, '/a'), statOf(two, '/a'));
  });
});

describe('digest of everything', () => {
  it('tells states apart that differ in an ACL or in a session only', () => {
    const [one, two, three] = [new StateDatabase(), new StateDatabase(), new StateDatabase()];
    for (const database of [one, two, three]) database.apply(record(1, createTxn('/a', 1)));
    one.apply(record(2, { type: 'setACL', path: '/a', acl: openAcl, version: 1 }));
    two.apply(
      record(2, {
        type: 'setACL',
        path: '/a',
        acl: [{ perms: 1, scheme: 'world', id: 'anyone' }],
        version: 1,
      }),
    );
    three.apply(record(2, { type: 'setACL', path: '/a', acl: openAcl, version: 1 }));
    assert.notEqual(one.digest(), two.digest());
    assert.equal(one.digest(), three.digest());

    one.apply(record(3, { type: 'createSession', timeoutMs: 4000 }));
    three.apply(record(3, { type: 'createSession', timeoutMs: 4001 }));

    assert.notEqual(one.digest(), three.digest());
    assert.deepEqual(one.tree.digest, three.tree.digest);
    one.apply(record(4, { type: 'closeSession', paths: [] }));
    three.apply(record(4, { type: 'closeSession', paths: [] }));
    assert.equal(one.digest(), three.digest());
  });

  it('does not see the configuration, which is every server’s own', () => {
    const database = new StateDatabase();
    const before = database.digest();

    database.setConfig({ text: 'server.1=a:1:2\nversion=0', version: 0, timeMs: 77 });

    assert.equal(database.digest(), before);
    const { version, mtime, dataLength } = statOf(database, '/zookeeper/config');
    assert.deepEqual({ version, mtime, dataLength }, { version: -1, mtime: 77, dataLength: 24 });
  });
});

describe('snapshot stream', () => {
  const nothing = { data: null, aclKey: -1, czxid: 1, mzxid: 1, ctime: 1, mtime: 1, pzxid: 1 };
  const zeros = { version: 0, cversion: 0, aversion: 0, ephemeralOwner: noSession };

  function streamOf(paths: readonly string[]): Buffer {
    const nodes: SnapshotNode[] = paths.map((path) => ({ path, ...nothing, ...zeros }));
    return encodeSnapshotStream({ sessions: [], acls: [], nodes });
  }

  it('leaves the configuration of the server that installs it', () => {
    const [leader, learner] = [new StateDatabase(), new StateDatabase()];
    leader.setConfig({ text: "the leader's", version: 0, timeMs: 1 });
    learner.setConfig({ text: "the learner's", version: 0, timeMs: 2 });

    learner.installStream(readAll(leader.openStream()), 5);

    assert.equal(learner.tree.get('/zookeeper/config')?.data?.toString(), "the learner's");
    assert.equal(learner.digest(), leader.digest());
  });

  it('carries everything to another server', () => {
    const server = StateServer.serving();
    server.write(create('/a'));
    server.write(ephemeral('/a/e'));
    server.write(create('/a/s-', { flags: 2 }));
    const other = new StateDatabase();
    other.apply(record(1, createTxn('/stale', 1)));
    other.apply(record(2, { type: 'createSession', timeoutMs: 1 }, '0100000000000066'));

    other.installStream(readAll(server.database.openStream()), 99);

    assert.equal(other.digest(), server.database.digest());
    assert.equal(other.lastProcessedZxid, 99);
    assert.deepEqual([...other.sessions], [...server.database.sessions]);
    assert.deepEqual([...other.tree.ephemeralsOf(session)], ['/a/e']);
    assert.equal(other.tree.get('/stale'), undefined);
    assert.deepEqual(readAll(other.openStream()), readAll(server.database.openStream()));
  });

  for (const [name, stream] of [
    ['no root', streamOf([])],
    ['a child before its parent', streamOf(['', '/a/b', '/a'])],
    ['a znode twice', streamOf(['', '/a', '/a'])],
    ['no root in front', streamOf(['/a', ''])],
    ['a torn end', streamOf(['', '/a']).subarray(0, -3)],
  ] as const) {
    it(`with ${name} is refused and changes nothing`, () => {
      const database = new StateDatabase();
      database.apply(record(1, createTxn('/mine', 1)));
      const before = database.digest();

      assert.throws(() => database.installStream(stream, 7), JuteError);

      assert.equal(database.digest(), before);
      assert.equal(database.lastProcessedZxid, 1);
    });
  }

  it('of a very deep tree needs no deep stack', () => {
    const paths = Array.from({ length: 3000 }, (_, depth) => '/d'.repeat(depth));
    const database = new StateDatabase();

    database.installStream(streamOf(paths), 5);

    assert.deepEqual(readAll(database.openStream()), streamOf(paths));
  });
});

describe('ACLs in a snapshot', () => {
  const secret = [{ perms: 31, scheme: 'digest', id: 'alice:hash' }];

  function aclsOf(database: StateDatabase) {
    return decodeSnapshotStream(readAll(database.openStream())).acls.map(({ acl }) => acl);
  }

  it('are those that are in use', () => {
    const server = StateServer.serving();
    const before = aclsOf(server.database);
    server.write(create('/a', { acl: secret }));
    assert.deepEqual(aclsOf(server.database), [...before, secret]);

    server.write(remove('/a'));

    assert.deepEqual(aclsOf(server.database), before);
  });

  it('are forgotten at loading when nothing uses them', () => {
    const server = StateServer.serving();
    const body = decodeSnapshotStream(readAll(server.database.openStream()));
    const database = new StateDatabase();

    database.installStream(
      encodeSnapshotStream({ ...body, acls: [...body.acls, { key: 9, acl: secret }] }),
      5,
    );

    assert.deepEqual(aclsOf(database), aclsOf(server.database));
  });

  it('may lack one whose create is replayed then', () => {
    const server = StateServer.serving();
    server.prepare(create('/a', { acl: secret }));
    const [created] = server.inFlight;
    assert(created);
    server.applyOldest();
    const body = decodeSnapshotStream(readAll(server.database.openStream()));
    const database = new StateDatabase();
    const torn = { ...body, acls: body.acls.filter(({ acl }) => acl[0]?.scheme !== 'digest') };
    database.installStream(encodeSnapshotStream(torn), created.header.zxid - 1);
    assert.notEqual(database.digest(), server.database.digest());

    database.apply(created);

    assert.equal(database.digest(), server.database.digest());
    const znode = database.tree.get('/a');
    assert(znode);
    assert.deepEqual(database.tree.aclOf(znode), secret);
  });
});

describe('data', () => {
  it('is not a view of the request that brought it', () => {
    const server = StateServer.serving();
    const sent = record(50, { type: 'setData', path: '/', data: Buffer.from('sent'), version: 1 });
    server.database.apply(sent);

    (sent.txn as { data: Buffer }).data.fill(0);

    assert.equal(server.database.tree.get('/')?.data?.toString(), 'sent');
  });

  it('may be null, which is not empty', () => {
    const server = StateServer.serving();
    server.write(create('/null', { data: null }));
    server.write(create('/empty', { data: Buffer.alloc(0) }));

    assert.equal(server.database.tree.get('/null')?.data, null);
    assert.equal(server.database.tree.get('/empty')?.data?.length, 0);
  });
});
