import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { ErrorCode } from '../../../../harness/wire/constants.ts';
import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import type { Acl, ReplyBody } from '../../../../harness/wire/records.ts';
import {
  executeRead,
  isRead,
  registersWatch,
  type ReadRequest,
} from '../../../../docker/zab/src/state/local-reads.ts';
import { create, ephemeral } from './requests.ts';
import { otherSession, session, StateServer } from './state-server.ts';

const hidden: readonly Acl[] = [{ perms: 31, scheme: 'digest', id: 'alice:hash' }];
const alice: AuthId = { scheme: 'digest', id: 'alice:hash' };

let server: StateServer;

function read(request: ReadRequest, ids: readonly AuthId[] = [], sessionId = session) {
  return executeRead(server.database.tree, request, { sessionId, ids });
}

function bodyOf(request: ReadRequest): ReplyBody {
  const { err, body } = read(request);
  assert.equal(err, ErrorCode.OK);
  return body;
}

beforeEach(() => {
  server = StateServer.serving();
  for (const path of ['/a', '/a/x', '/a/x/y', '/a/z', '/ab']) server.write(create(path));
  server.write(create('/hidden', { acl: hidden }));
});

describe('reads', () => {
  const refusals: readonly [ReadRequest, number][] = [
    [{ type: 'exists', path: '/none', watch: false }, ErrorCode.NO_NODE],
    [{ type: 'exists', path: '/a\0', watch: false }, ErrorCode.BAD_ARGUMENTS],
    [{ type: 'exists', path: '/hidden', watch: false }, ErrorCode.NO_AUTH],
    [{ type: 'getData', path: '/none', watch: false }, ErrorCode.NO_NODE],
    [{ type: 'getData', path: '/a/', watch: false }, ErrorCode.NO_NODE],
    [{ type: 'getData', path: '/hidden', watch: false }, ErrorCode.NO_AUTH],
    [{ type: 'getChildren', path: '/hidden', watch: false }, ErrorCode.NO_AUTH],
    [{ type: 'getChildren2', path: '/none', watch: false }, ErrorCode.NO_NODE],
    [{ type: 'getACL', path: '/hidden' }, ErrorCode.NO_AUTH],
    [{ type: 'getACL', path: '/none' }, ErrorCode.NO_NODE],
    [{ type: 'getAllChildrenNumber', path: '/none' }, ErrorCode.NO_NODE],
  ];
  for (const [request, expected] of refusals) {
    it(`${request.type} ${'path' in request ? JSON.stringify(request.path) : ''} → ${expected}`, () => {
      assert.deepEqual(read(request), { err: expected, body: { type: 'none' } });
    });
  }

  it('show the owner of an ACL everything', () => {
    const { err, body } = read({ type: 'getACL', path: '/hidden' }, [alice]);

    assert.equal(err, ErrorCode.OK);
    assert.deepEqual(body.type === 'acl' && body.acl, hidden);
  });

  it('list children', () => {
    assert.deepEqual(bodyOf({ type: 'getChildren', path: '/a', watch: false }), {
      type: 'children',
      children: ['x', 'z'],
    });
    assert.deepEqual(bodyOf({ type: 'getChildren', path: '/a/z', watch: false }), {
      type: 'children',
      children: [],
    });
  });

  it('count all that is below a znode, and not its neighbours', () => {
    assert.deepEqual(bodyOf({ type: 'getAllChildrenNumber', path: '/a' }), { type: 'count', count: 3 });
    assert.deepEqual(bodyOf({ type: 'getAllChildrenNumber', path: '/a/z' }), { type: 'count', count: 0 });
    assert.deepEqual(bodyOf({ type: 'getAllChildrenNumber', path: '/' }), { type: 'count', count: 9 });
  });

  it('list the ephemerals of the session that asks', () => {
    for (const path of ['/e', '/a/e', '/ab/e']) server.write(ephemeral(path));
    server.write(ephemeral('/other'), { session: otherSession });

    const cases: readonly [string, string[]][] = [
      ['', ['/e', '/a/e', '/ab/e']],
      [' ', ['/e', '/a/e', '/ab/e']],
      ['/', ['/e', '/a/e', '/ab/e']],
      ['/a', ['/a/e', '/ab/e']],
      ['/a/', ['/a/e']],
      ['/none', []],
    ];
    for (const [path, paths] of cases) {
      assert.deepEqual(bodyOf({ type: 'getEphemerals', path }), { type: 'ephemerals', paths }, path);
    }
    assert.deepEqual(read({ type: 'getEphemerals', path: '/' }, [], otherSession).body, {
      type: 'ephemerals',
      paths: ['/other'],
    });
  });

  it('go on in a multiRead after one failed', () => {
    const body = bodyOf({
      type: 'multiRead',
      operations: [
        { type: 'getData', path: '/none' },
        { type: 'getChildren', path: '/a' },
        { type: 'getChildren', path: '/hidden' },
        { type: 'getData', path: '/a' },
      ],
    });

    assert(body.type === 'multi');
    assert.deepEqual(
      body.results.map((result) => (result.type === 'error' ? result.err : result.type)),
      [ErrorCode.NO_NODE, 'getChildren', ErrorCode.NO_AUTH, 'getData'],
    );
  });

  it('tell who is asking, without the password', () => {
    const { body } = read({ type: 'whoAmI' }, [alice, { scheme: 'ip', id: '10.0.0.1' }]);

    assert.deepEqual(body, {
      type: 'clientInfo',
      ids: [
        { scheme: 'digest', user: 'alice' },
        { scheme: 'ip', user: '10.0.0.1' },
      ],
    });
  });

  it('are not writes', () => {
    assert(isRead({ type: 'exists', path: '/', watch: true }));
    assert(!isRead(create('/')));
    assert(!isRead({ type: 'sync', path: '/' }));
    assert(!isRead({ type: 'multi', operations: [] }));
  });
});

describe('watch of a read', () => {
  const { OK, NO_NODE, NO_AUTH } = ErrorCode;
  const rows: readonly ['exists' | 'getData' | 'getChildren' | 'getChildren2', number, string | null][] = [
    ['exists', OK, 'data'],
    ['exists', NO_NODE, 'data'],
    ['exists', NO_AUTH, null],
    ['getData', OK, 'data'],
    ['getData', NO_NODE, null],
    ['getChildren', OK, 'child'],
    ['getChildren', NO_NODE, null],
    ['getChildren2', OK, 'child'],
    ['getChildren2', NO_AUTH, null],
  ];
  for (const [type, err, expected] of rows) {
    it(`${type} answered with ${err} → ${expected ?? 'none'}`, () => {
      assert.equal(registersWatch({ type, path: '/', watch: true }, err), expected);
      assert.equal(registersWatch({ type, path: '/', watch: false }, err), null);
    });
  }

  it('is never left by other reads', () => {
    assert.equal(registersWatch({ type: 'getACL', path: '/' }, OK), null);
  });
});
