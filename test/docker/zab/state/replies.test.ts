import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { AppliedResult } from '../../../../docker/zab/src/core/events.ts';
import { replyFor } from '../../../../docker/zab/src/state/replies.ts';
import type { ClientRequest, MultiOperation, Stat } from '../../../../harness/wire/records.ts';

const stat = {} as Stat;
const created: AppliedResult = { type: 'created', path: '/a', stat };
const changed: AppliedResult = { type: 'stat', stat };
const done: AppliedResult = { type: 'none' };
const remove = { type: 'delete', path: '/a', version: -1 } as const;
const set = { type: 'setData', path: '/a', data: null, version: -1 } as const;
const create = { type: 'create', path: '/a', data: null, acl: [], flags: 0 } as const;
const multi = (...operations: readonly MultiOperation[]): ClientRequest => ({
  type: 'multi',
  operations,
});

describe('the reply to a write', () => {
  const fitting: readonly (readonly [ClientRequest, AppliedResult, string])[] = [
    [create, created, 'path'],
    [{ ...create, type: 'create2' }, created, 'pathAndStat'],
    [set, changed, 'stat'],
    [remove, done, 'none'],
    [{ type: 'closeSession' }, done, 'none'],
    [multi(set, remove), { type: 'multi', results: [changed, done] }, 'multi'],
  ];
  for (const [request, result, type] of fitting) {
    it(`to ${request.type} has the shape ${type}`, () => {
      assert.equal(replyFor(request, result)?.body.type, type);
    });
  }

  it('is an error whatever was asked', () => {
    for (const [request] of fitting) {
      assert.deepEqual(replyFor(request, { type: 'error', err: -4 }), { err: -4, body: { type: 'none' } });
    }
  });

  const foreign: readonly (readonly [string, ClientRequest, AppliedResult])[] = [
    ['a set and a create', set, created],
    ['a create and a delete', create, done],
    ['a delete and a set', remove, changed],
    ['a set and a multi', set, { type: 'multi', results: [changed] }],
    ['a multi and a set', multi(set), changed],
    ['multis of different lengths', multi(set), { type: 'multi', results: [changed, changed] }],
    ['multis of different operations', multi(set), { type: 'multi', results: [created] }],
  ];
  for (const [name, request, result] of foreign) {
    it(`is none for ${name}, which do not belong together`, () => {
      assert.equal(replyFor(request, result), null);
    });
  }
});
