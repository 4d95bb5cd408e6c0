// Which fault is found first, and what a request becomes. Depth and order in flight: `in-flight.test.ts`.

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { CreateFlags, ErrorCode, OpCode } from '../../../../harness/wire/constants.ts';
import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import { openAcl, type Acl, type ClientRequest } from '../../../../harness/wire/records.ts';
import type { Txn } from '../../../../harness/wire/txn.ts';
import { check, create, createTtl, ephemeral, remove, setAcl, setData } from './requests.ts';
import { otherSession, session, StateServer, type Submission } from './state-server.ts';

const readOnly: readonly Acl[] = [{ perms: 1, scheme: 'world', id: 'anyone' }];
const writeOnly: readonly Acl[] = [{ perms: 2, scheme: 'world', id: 'anyone' }];
const badAcl: readonly Acl[] = [{ perms: 31, scheme: 'nosuch', id: 'x' }];
const unknownSession: Submission = { session: '0100000000000099' };
const movedSession: Submission = { ownerOk: false };

let server: StateServer;

function refusal(request: ClientRequest, submission: Submission = {}): number {
  const { txn, digest } = server.prepare(request, submission);
  assert.equal(txn.type, 'error', `${JSON.stringify(request)} became a ${txn.type}`);
  assert.equal(digest, null, 'an error transaction carries no digest');
  return txn.type === 'error' ? txn.err : ErrorCode.OK;
}

function prepared(request: ClientRequest): Txn {
  const { txn } = server.prepare(request);
  assert.notEqual(txn.type, 'error', JSON.stringify(txn));
  return txn;
}

beforeEach(() => {
  server = StateServer.serving();
  server.write(create('/a'));
  server.write(create('/a/child'));
  server.write(ephemeral('/e'));
  server.write(create('/ro', { acl: readOnly }));
  server.write(create('/wo', { acl: writeOnly }));
});

describe('order of checks', () => {
  const { BAD_ARGUMENTS, UNIMPLEMENTED, SESSION_EXPIRED, SESSION_MOVED, INVALID_ACL, NO_NODE, NO_AUTH } =
    ErrorCode;
  const { NODE_EXISTS, NO_CHILDREN_FOR_EPHEMERALS, BAD_VERSION, NOT_EMPTY } = ErrorCode;

  // Each row has its own fault and those of all rows of the same operation below it, as far as they go together.
  const rows: readonly [string, ClientRequest, Submission, number][] = [
    ['create: flags', create('nopath', { flags: 9, acl: [] }), unknownSession, BAD_ARGUMENTS],
    ['create: times to live are off', createTtl('nopath', 0, 5), unknownSession, UNIMPLEMENTED],
    ['create: ttl without flags', createTtl('nopath', 5, 0), unknownSession, BAD_ARGUMENTS],
    ['create: session unknown', create('nopath', { acl: [] }), unknownSession, SESSION_EXPIRED],
    ['create: session moved, before its flags', create('nopath', { flags: 9 }), movedSession, SESSION_MOVED],
    ['create: session moved', create('nopath', { acl: [] }), movedSession, SESSION_MOVED],
    ['create: no slash', create('nopath', { acl: [] }), {}, BAD_ARGUMENTS],
    ['create: NUL', create('/none/\0', { acl: [] }), {}, BAD_ARGUMENTS],
    ['create: empty path', create('', { acl: [] }), {}, BAD_ARGUMENTS],
    ['create: ACL', create('/none/x', { acl: badAcl }), {}, INVALID_ACL],
    ['create: no ACL', create('/none/x', { acl: null }), {}, INVALID_ACL],
    ['create: parent missing', create('/none/x/'), {}, NO_NODE],
    ['create: empty element', create('/a//b'), {}, NO_NODE],
    ['create: CREATE on the parent', create('/ro/x/./'), {}, NO_NODE],
    ['create: CREATE before the path', create('/ro/'), {}, NO_AUTH],
    ['create: path', create('/a/\u0001'), {}, BAD_ARGUMENTS],
    ['create: slash behind', create('/a/'), {}, BAD_ARGUMENTS],
    ['create: exists', create('/a/child'), {}, NODE_EXISTS],
    ['create: the root', create('/'), {}, NODE_EXISTS],
    ['create: below an ephemeral', create('/e/x'), {}, NO_CHILDREN_FOR_EPHEMERALS],
    ['delete: session unknown', remove('/'), unknownSession, SESSION_EXPIRED],
    ['delete: session moved', remove('/'), movedSession, SESSION_MOVED],
    ['delete: protected', remove('/zookeeper/config'), {}, BAD_ARGUMENTS],
    ['delete: no slash', remove('nopath'), {}, BAD_ARGUMENTS],
    ['delete: parent missing', remove('/none/x', 7), {}, NO_NODE],
    ['delete: DELETE on the parent', remove('/ro/x', 7), {}, NO_AUTH],
    ['delete: missing', remove('/none', 7), {}, NO_NODE],
    ['delete: version before children', remove('/a', 7), {}, BAD_VERSION],
    ['delete: children', remove('/a'), {}, NOT_EMPTY],
    ['setData: session', setData('nopath', 'x'), unknownSession, SESSION_EXPIRED],
    ['setData: path', setData('/none/', 'x'), {}, BAD_ARGUMENTS],
    ['setData: missing', setData('/none', 'x', 7), {}, NO_NODE],
    ['setData: WRITE before version', setData('/ro', 'x', 7), {}, NO_AUTH],
    ['setData: version', setData('/a', 'x', 7), {}, BAD_VERSION],
    ['setACL: session', setAcl('nopath', badAcl), unknownSession, SESSION_EXPIRED],
    ['setACL: path', setAcl('/none/', badAcl), {}, BAD_ARGUMENTS],
    ['setACL: ACL', setAcl('/none', badAcl), {}, INVALID_ACL],
    ['setACL: missing', setAcl('/none', openAcl), {}, NO_NODE],
    ['setACL: ADMIN before version', setAcl('/ro', openAcl, 7), {}, NO_AUTH],
    ['setACL: version', setAcl('/a', openAcl, 7), {}, BAD_VERSION],
    ['check alone', check('/a'), {}, UNIMPLEMENTED],
    ['a read', { type: 'getData', path: '/a', watch: false }, {}, UNIMPLEMENTED],
    ['multi: session', { type: 'multi', operations: [] }, unknownSession, SESSION_EXPIRED],
    ['multi: moved', { type: 'multi', operations: [create('/m')] }, movedSession, SESSION_MOVED],
  ];
  for (const [name, request, submission, expected] of rows) {
    it(`${name} → ${expected}`, () => {
      assert.equal(refusal(request, submission), expected);
    });
  }

  const inMulti: readonly [string, ReturnType<typeof check>, number][] = [
    ['path', check('/none/'), BAD_ARGUMENTS],
    ['missing', check('/none', 7), NO_NODE],
    ['READ before version', check('/wo', 7), NO_AUTH],
    ['version', check('/a', 7), BAD_VERSION],
  ];
  for (const [name, operation, expected] of inMulti) {
    it(`check in a multi: ${name} → ${expected}`, () => {
      assert.deepEqual(prepared({ type: 'multi', operations: [operation] }), {
        type: 'multi',
        txns: [{ type: 'error', err: expected }],
      });
    });
  }

  it('a body that cannot be read → -5, whoever sent it', () => {
    const { txn } = server.prepareRaw(OpCode.CREATE, Buffer.from([0, 0, 0, 9, 1]), unknownSession);

    assert.deepEqual(txn, { type: 'error', err: ErrorCode.MARSHALLING_ERROR });
  });

  it('an opcode that is none → -6', () => {
    const { txn } = server.prepareRaw(99, Buffer.alloc(0));

    assert.deepEqual(txn, { type: 'error', err: ErrorCode.UNIMPLEMENTED });
  });

  it('reconfig → -123, since the membership is fixed', () => {
    const members = { joiningServers: null, leavingServers: '5', newMembers: null };

    assert.equal(refusal({ type: 'reconfig', ...members, curConfigId: -1 }), ErrorCode.RECONFIG_DISABLED);
  });
});

describe('prepared transaction', () => {
  it('numbers sequential znodes by the children ever created, whatever was deleted', () => {
    const sequential = create('/a/s-', { flags: CreateFlags.PERSISTENT_SEQUENTIAL });

    const names = [prepared(sequential), prepared(remove('/a/child')), prepared(sequential)].map((txn) =>
      'path' in txn ? txn.path : '',
    );

    assert.deepEqual(names, ['/a/s-0000000001', '/a/child', '/a/s-0000000002']);
  });

  it('numbers a znode whose path ends in a slash', () => {
    const txn = prepared(create('/a/', { flags: CreateFlags.PERSISTENT_SEQUENTIAL }));

    assert.equal('path' in txn && txn.path, '/a/0000000001');
  });

  it('holds final versions', () => {
    prepared(setData('/a', 'one'));

    assert.deepEqual(prepared(setData('/a', 'two', 1)), {
      type: 'setData',
      path: '/a',
      data: Buffer.from('two'),
      version: 2,
    });
  });

  it('takes version -1 for any', () => {
    assert.equal(prepared(setAcl('/a', readOnly, -1)).type, 'setACL');
  });

  it('expands auth to the ids of whoever asks', () => {
    const ids: readonly AuthId[] = [{ scheme: 'digest', id: 'alice:hash' }];
    const { txn } = server.prepare(create('/mine', { acl: [{ perms: 31, scheme: 'auth', id: '' }] }), {
      ids,
    });

    assert.deepEqual('acl' in txn && txn.acl, [{ perms: 31, scheme: 'digest', id: 'alice:hash' }]);
  });

  it('lets everybody do everything when ACLs are skipped, but stores no bad ones', () => {
    server = StateServer.serving({ skipAcl: true });
    server.write(create('/ro', { acl: readOnly }));

    assert.equal(server.write(setData('/ro', 'x')).err, ErrorCode.OK);
    assert.equal(server.write(create('/bad', { acl: badAcl })).err, ErrorCode.INVALID_ACL);
  });

  it('makes containers by the opcode and plain znodes by the container flag alone', () => {
    const flags = CreateFlags.CONTAINER;

    assert.equal(prepared(create('/c1', { type: 'createContainer', flags })).type, 'createContainer');
    assert.equal(prepared(create('/c2', { flags })).type, 'create');
    assert.equal(server.inFlight.length, 2);
    server.applyOldest();
    server.applyOldest();
    assert.equal(server.database.tree.get('/c1')?.owner, '8000000000000000');
    assert.equal(server.database.tree.get('/c2')?.owner, '0000000000000000');
    assert.equal(server.database.digestMismatchCount, 0);
  });

  it('keeps times to live in the owner field, where they are allowed', () => {
    server = StateServer.serving({ extendedTypes: true });
    const flags = CreateFlags.PERSISTENT_SEQUENTIAL_WITH_TTL;

    assert.equal(server.write(createTtl('/t-', 86_400_000, flags)).err, ErrorCode.OK);

    const znode = server.database.tree.get('/t-0000000000');
    assert.equal(znode?.owner, 'ff00000005265c00');
    assert(znode);
    assert.equal(server.database.tree.stat(znode).ephemeralOwner, '0000000000000000');
    assert.equal(refusal(createTtl('/t', 0, flags)), ErrorCode.BAD_ARGUMENTS);
    assert.equal(refusal(createTtl('/t', 2 ** 40, flags)), ErrorCode.BAD_ARGUMENTS);
    assert.equal(refusal(create('/t', { flags })), ErrorCode.BAD_ARGUMENTS);
  });

  it('deletes containers only when they are empty', () => {
    server.write(create('/c', { type: 'createContainer', flags: CreateFlags.CONTAINER }));
    server.write(create('/c/x'));
    const request = [OpCode.DELETE_CONTAINER, Buffer.from('/c')] as const;

    assert.deepEqual(server.prepareRaw(...request).txn, { type: 'error', err: ErrorCode.NOT_EMPTY });
    server.write(remove('/c/x'));
    assert.deepEqual(server.prepareRaw(...request).txn, { type: 'deleteContainer', path: '/c' });
    assert.deepEqual(server.prepareRaw(...request).txn, { type: 'error', err: ErrorCode.NO_NODE });
  });
});

describe('prepared multi', () => {
  it('shows its operations what those before them did', () => {
    const operations = [create('/m'), create('/m/x'), setData('/m', 'y', 0), remove('/m/x'), remove('/m', 1)];

    const { err, body } = server.write({ type: 'multi', operations });

    assert.equal(err, ErrorCode.OK);
    assert.deepEqual(body.type === 'multi' && body.results.map(({ type }) => type), [
      'create',
      'create',
      'setData',
      'delete',
      'delete',
    ]);
    assert.equal(server.database.tree.get('/m'), undefined);
  });

  it('leaves no trace when one fails: not in the tree, not for what is prepared next', () => {
    const before = server.database.digest();
    const operations = [setData('/a', 'y'), create('/m'), remove('/none'), create('/n')];

    const failed = server.prepare({ type: 'multi', operations });
    const next = server.prepare(setData('/a', 'z', 0));
    const created = server.prepare(create('/m'));

    assert.deepEqual(
      failed.txn.type === 'multi' &&
        failed.txn.txns.map((txn) => (txn.type === 'error' ? txn.err : txn.type)),
      ['setData', 'create', ErrorCode.NO_NODE, ErrorCode.RUNTIME_INCONSISTENCY],
    );
    assert.notEqual(next.txn.type, 'error');
    assert.notEqual(created.txn.type, 'error');
    const { result, changes } = server.applyOldest();
    assert.deepEqual(changes, []);
    assert.deepEqual(
      result.type === 'multi' && result.results.map((each) => each.type === 'error' && each.err),
      [ErrorCode.OK, ErrorCode.OK, ErrorCode.NO_NODE, ErrorCode.RUNTIME_INCONSISTENCY],
    );
    assert.equal(server.database.digest(), before);
  });

  it('rolls back to what was in flight before it, not to the tree', () => {
    server.prepare(setData('/a', 'one'));

    server.prepare({ type: 'multi', operations: [setData('/a', 'two', 1), remove('/none')] });

    assert.notEqual(server.prepare(setData('/a', 'two', 1)).txn.type, 'error');
  });

  it('may be empty', () => {
    const { err, body } = server.write({ type: 'multi', operations: [] });

    assert.deepEqual({ err, body }, { err: ErrorCode.OK, body: { type: 'multi', results: [] } });
  });
});

describe('sessions while they open and close', () => {
  it('may write as soon as their opening is in flight', () => {
    server.prepareOpen('0100000000000077');

    const { txn } = server.prepare(create('/early'), { session: '0100000000000077' });

    assert.equal(txn.type, 'create');
  });

  it('may not write any more once their closing is in flight', () => {
    server.prepareClose(session);

    assert.equal(refusal(ephemeral('/late')), ErrorCode.SESSION_EXPIRED);
  });

  it('are closed once', () => {
    server.prepareClose(session);

    assert.deepEqual(server.prepareClose(session).txn, { type: 'error', err: ErrorCode.SESSION_EXPIRED });
  });

  it('take with them what they own when the closing is ordered, in flight or not, and nothing else', () => {
    server.prepare(ephemeral('/in-flight'));
    server.prepare(remove('/e'));
    server.prepare(ephemeral('/e'), { session: otherSession });
    server.prepare(ephemeral('/gone'));
    server.prepare(remove('/gone'));

    assert.deepEqual(server.prepareClose(session).txn, { type: 'closeSession', paths: ['/in-flight'] });
    while (server.inFlight.length > 0) server.applyOldest();
    assert.deepEqual([...server.database.tree.ephemeralsOf(otherSession)], ['/e']);
    assert.equal(server.database.digestMismatchCount, 0);
  });

  it('leave the paths of their ephemerals free at once', () => {
    server.prepareClose(session);

    assert.equal(server.prepare(create('/e'), { session: otherSession }).txn.type, 'create');
  });

  it('can have left ephemerals that only closing them removes', () => {
    const damaged = new StateServer();
    const record = server.recordsPrepared.find(({ txn }) => txn.type === 'create' && txn.ephemeral);
    assert(record);
    damaged.database.apply({ ...record, digest: null });

    const { txn } = damaged.preparer.prepare(
      { sessionId: session, cxid: 0, opcode: OpCode.CLOSE_SESSION, body: Buffer.alloc(0), authinfo: null },
      record.header.zxid + 1,
      0,
    );

    assert.deepEqual(txn, { type: 'closeSession', paths: ['/e'] });
  });

  it('are forgotten with everything in flight when the role changes', () => {
    server.prepareClose(session);
    server.preparer.reset();

    assert(server.preparer.isLive(session));
  });
});
