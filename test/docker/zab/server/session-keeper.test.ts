import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { SessionKeeper } from '../../../../docker/zab/src/server/session-keeper.ts';
import { OpCode } from '../../../../harness/wire/constants.ts';
import type { Txn } from '../../../../harness/wire/txn.ts';
import { encodeTxn } from '../../../../harness/wire/txn-codec.ts';

const sessionId = '0100000000000001';
const request = {
  sessionId,
  cxid: 0,
  opcode: OpCode.CREATE_SESSION,
  body: Buffer.alloc(1),
  authinfo: null,
};

function leading(): SessionKeeper {
  const keeper = new SessionKeeper(100, undefined);
  keeper.lead(new Map(), 0);
  return keeper;
}

function recordOf(txn: Txn): ReturnType<typeof encodeTxn> {
  return encodeTxn({ clientId: sessionId, cxid: 0, zxid: 1, time: 0 }, txn, null);
}

describe('the session keeper of a leader', () => {
  it('knows a session from the moment that its createSession is prepared', () => {
    const keeper = leading();
    assert(keeper.admit(request, 2));
    keeper.prepared(recordOf({ type: 'createSession', timeoutMs: 1_000 }), 2, 0);

    assert.equal(keeper.ownerOf(sessionId), 2);
    assert.deepEqual(keeper.expired(2_000), [sessionId]);
  });

  it('keeps nothing of a createSession that was refused', () => {
    const keeper = leading();
    assert(keeper.admit(request, 2));
    keeper.prepared(recordOf({ type: 'error', err: -5 }), 2, 0);

    assert.equal(keeper.nextExpiryMs, Infinity);
    assert.equal(keeper.ownerOf(sessionId), undefined);
  });
});
