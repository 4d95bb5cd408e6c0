import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { ClientSession } from '../../../harness/client/client-session.ts';
import type { Outcome } from '../../../harness/client/client-session.ts';
import type { WatchEvent } from '../../../harness/client/client.ts';
import {
  decodeConnectRequest,
  decodeRequestBody,
  decodeRequestHeader,
  encodeConnectResponseFrame,
  encodeReplyFrame,
  encodeWatcherEventFrame,
} from '../../../harness/wire/client-codec.ts';
import { FrameDecoder } from '../../../harness/wire/frame.ts';
import type { ClientRequest, ConnectRequest, ReplyBody, Stat } from '../../../harness/wire/records.ts';
import { noSession } from '../../../harness/wire/session-id.ts';

const sessionId = '0100000000000007';
const password = Buffer.alloc(16, 7);
const stat: Stat = {
  czxid: 1,
  mzxid: 2,
  ctime: 0,
  mtime: 0,
  version: 1,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: noSession,
  dataLength: 1,
  numChildren: 0,
  pzxid: 1,
};
const read: ClientRequest = { type: 'getData', path: '/a', watch: false };

/** The server's side of one connection after the other, and the clock. */
class Script {
  readonly session = new ClientSession({
    sessionTimeoutMs: 3000,
    requestTimeoutMs: 1000,
    connectTimeoutMs: 500,
  });
  readonly outcomes: string[] = [];
  readonly events: WatchEvent[] = [];
  nowMs = 0;

  constructor() {
    this.session.onWatch = (event) => this.events.push(event);
  }

  /** Frames that the client wrote since the last look. */
  sent(): Buffer[] {
    const bytes = this.session.takeOutput();
    return bytes === null ? [] : new FrameDecoder().push(bytes);
  }

  requests(): string[] {
    return this.sent().map((body) => {
      const { xid, opcode } = decodeRequestHeader(body);
      const request = decodeRequestBody(opcode, body);
      return `${xid} ${request.type}`;
    });
  }

  connect(): ConnectRequest {
    this.session.dialled(this.nowMs);
    this.session.opened(this.nowMs);
    const [body] = this.sent();
    return decodeConnectRequest(body!);
  }

  welcome(timeoutMs = 3000): void {
    this.take(
      encodeConnectResponseFrame({
        protocolVersion: 0,
        timeoutMs,
        sessionId: timeoutMs === 0 ? noSession : sessionId,
        password: timeoutMs === 0 ? Buffer.alloc(16) : password,
        readOnly: false,
      }),
    );
  }

  reply(xid: number, zxid: number, body: ReplyBody = { type: 'none' }, err = 0): void {
    this.take(encodeReplyFrame({ xid, zxid, err }, body));
  }

  take(bytes: Buffer): void {
    this.session.received(bytes, this.nowMs);
  }

  submit(request: ClientRequest): void {
    this.session.submit(request, this.nowMs, (outcome) => this.outcomes.push(describeOutcome(outcome)));
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.session.advance(this.nowMs);
  }
}

function describeOutcome(outcome: Outcome): string {
  if (outcome.type === 'failed') return outcome.kind;
  return `${outcome.header.err} ${outcome.body.type} at ${outcome.header.zxid}`;
}

describe('client session', () => {
  let script: Script;

  beforeEach(() => {
    script = new Script();
  });

  it('asks for a new session first, and for the same one on the next connection', () => {
    const first = script.connect();
    script.welcome();
    script.submit(read);
    script.reply(1, 42, { type: 'data', data: Buffer.from('x'), stat });
    script.session.closed('gone');
    const second = script.connect();

    assert.deepEqual([first.sessionId, first.lastZxidSeen, first.timeoutMs], [noSession, 0, 3000]);
    assert.deepEqual([second.sessionId, second.lastZxidSeen], [sessionId, 42]);
    assert.deepEqual(second.password, password);
  });

  it('keeps the highest zxid it saw, of refusals and late replies too', () => {
    script.connect();
    script.welcome();
    script.submit(read);
    script.submit(read);
    script.pass(1000);
    assert.deepEqual(script.outcomes, ['timeout', 'timeout']);

    script.reply(1, 7, { type: 'data', data: null, stat });
    script.reply(2, 9, { type: 'none' }, -101);
    assert.equal(script.session.lastZxidSeen, 9);
    script.reply(-2, 8);

    assert.equal(script.session.lastZxidSeen, 9);
    assert.equal(script.session.dropReason, null);
    assert.deepEqual(script.outcomes, ['timeout', 'timeout'], 'an outcome is given once');
  });

  it('sends requests without waiting and gives replies in order, wherever the bytes are cut', () => {
    const data = { type: 'data', data: Buffer.from('value'), stat } as const;
    const bytes = Buffer.concat([
      encodeReplyFrame({ xid: 1, zxid: 5, err: 0 }, { type: 'path', path: '/a' }),
      encodeReplyFrame({ xid: 2, zxid: 5, err: 0 }, data),
    ]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const cutScript = new Script();
      cutScript.connect();
      cutScript.welcome();
      cutScript.submit({ type: 'sync', path: '/a' });
      cutScript.submit(read);
      assert.deepEqual(cutScript.requests(), ['1 sync', '2 getData']);

      cutScript.take(bytes.subarray(0, cut));
      cutScript.take(bytes.subarray(cut));

      assert.deepEqual(cutScript.outcomes, ['0 synced at 5', '0 data at 5']);
    }
  });

  it('holds requests back until there is a session, and then sends them in order', () => {
    script.submit(read);
    script.connect();
    script.submit({ type: 'delete', path: '/a', version: -1 });
    assert.deepEqual(script.requests(), []);

    script.welcome();

    assert.deepEqual(script.requests(), ['1 getData', '2 delete']);
  });

  it('calls a request that never left definite, and one that lost its connection in doubt', () => {
    script.submit(read);
    script.pass(1000);
    script.connect();
    script.welcome();
    script.submit(read);

    script.session.closed('gone');

    assert.deepEqual(script.outcomes, ['not-connected', 'connection-loss']);
  });

  it('learns that its session expired, and refuses everything from then on', () => {
    script.connect();
    script.welcome();
    script.session.closed('gone');
    script.submit(read);
    script.connect();

    script.welcome(0);

    assert.equal(script.session.phase, 'expired');
    assert.notEqual(script.session.dropReason, null);
    script.submit(read);
    assert.deepEqual(script.outcomes, ['session-expired', 'session-expired']);
  });

  it('drops a connection whose replies come out of order', () => {
    script.connect();
    script.welcome();
    script.submit(read);
    script.submit(read);

    script.reply(2, 5, { type: 'data', data: null, stat });

    assert.equal(script.session.dropReason, 'a reply to request 2 where 1 was due');
    assert.deepEqual(script.outcomes, []);
  });

  it('drops a connection with a reply that nobody asked for', () => {
    script.connect();
    script.welcome();

    script.reply(1, 5);

    assert.equal(script.session.dropReason, 'a reply to request 1 where none was due');
  });

  it('drops a connection that sends nonsense, wherever it stands', () => {
    const nonsense: [string, (at: Script) => void][] = [
      ['a length of 2 GiB', (at) => at.take(Buffer.from('7fffffff', 'hex'))],
      ['a negative length', (at) => at.take(Buffer.from('ffffffff', 'hex'))],
      ['a reply too short for its header', (at) => at.take(Buffer.from('0000000300000000', 'hex'))],
      ['a reply without its body', (at) => at.reply(1, 5)],
    ];
    for (const [what, send] of nonsense) {
      const at = new Script();
      at.connect();
      at.welcome();
      at.submit(read);
      send(at);
      assert.match(at.session.dropReason ?? '', /^malformed bytes/, what);
    }
    script.connect();
    script.take(Buffer.from('0000000100', 'hex'));
    assert.match(script.session.dropReason ?? '', /^malformed bytes/);
  });

  it('gives up on a server that accepts and does not answer the handshake', () => {
    script.connect();

    script.pass(499);
    assert.equal(script.session.dropReason, null);
    script.pass(1);

    assert.equal(script.session.dropReason, 'no session within 500 ms of the dial');
  });

  it('pings when it has nothing to say, by the time-out that the server gave', () => {
    script.connect();
    script.welcome(6000);

    script.pass(1999);
    assert.deepEqual(script.requests(), []);
    assert.equal(script.session.deadlineMs, 2000);
    script.pass(1);

    assert.deepEqual(script.requests(), ['-2 ping']);
  });

  it('drops a server that it has not heard for two thirds of the time-out', () => {
    script.connect();
    script.welcome();
    script.pass(1000);
    script.reply(-2, 1);

    script.pass(1999);
    assert.equal(script.session.dropReason, null);
    script.pass(1);

    assert.equal(script.session.dropReason, 'nothing heard from the server for 2000 ms');
  });

  it('tells of watches in the place where they came', () => {
    script.connect();
    script.welcome();
    script.submit({ ...read, watch: true });
    script.reply(1, 5, { type: 'data', data: null, stat });

    script.take(encodeWatcherEventFrame({ type: 3, state: 3, path: '/a' }));

    assert.deepEqual(script.events, [{ type: 'dataChanged', path: '/a' }]);
  });

  it('restores on a new connection the watches that did not fire, by the zxid it saw', () => {
    script.connect();
    script.welcome();
    for (const request of [
      { type: 'getData', path: '/fired', watch: true },
      { type: 'getData', path: '/data', watch: true },
      { type: 'exists', path: '/missing', watch: true },
      { type: 'getChildren2', path: '/parent', watch: true },
      { type: 'getData', path: '/refused', watch: true },
      { type: 'getData', path: '/unwatched', watch: false },
    ] as const)
      script.submit(request);
    script.reply(1, 5, { type: 'data', data: null, stat });
    script.reply(2, 5, { type: 'data', data: null, stat });
    script.reply(3, 5, { type: 'none' }, -101);
    script.reply(4, 6, { type: 'childrenAndStat', children: [], stat });
    script.reply(5, 6, { type: 'none' }, -101);
    script.reply(6, 6, { type: 'data', data: null, stat });
    script.take(encodeWatcherEventFrame({ type: 2, state: 3, path: '/fired' }));
    script.session.closed('gone');

    script.connect();
    script.submit(read);
    script.welcome();

    const [first, second] = script.sent().map((body) => {
      const { xid, opcode } = decodeRequestHeader(body);
      return { xid, request: decodeRequestBody(opcode, body) };
    });
    assert.deepEqual(first, {
      xid: -8,
      request: {
        type: 'setWatches',
        relativeZxid: 6,
        dataWatches: ['/data'],
        existWatches: ['/missing'],
        childWatches: ['/parent'],
      },
    });
    assert.equal(second?.request.type, 'getData', 'watches stand before any request of the new connection');
    script.reply(-8, 6);
    assert.equal(script.session.dropReason, null);
  });

  it('sets watches again ahead of what is asked for at the news of the connection', () => {
    script.connect();
    script.welcome();
    script.submit({ ...read, watch: true });
    script.reply(1, 5, { type: 'data', data: null, stat });
    script.session.closed('gone');
    script.session.onArrival = ({ type }) => {
      if (type === 'attached') script.submit(read);
    };

    script.connect();
    script.welcome();

    assert.deepEqual(script.requests(), ['-8 setWatches', '2 getData']);
  });

  it('sets persistent watches again, which stay when they fire', () => {
    script.connect();
    script.welcome();
    script.submit({ type: 'addWatch', path: '/persistent', mode: 0 });
    script.submit({ type: 'addWatch', path: '/recursive', mode: 1 });
    script.submit({ type: 'addWatch', path: '/refused', mode: 0 });
    script.reply(1, 5, { type: 'error', err: 0 });
    script.reply(2, 5, { type: 'error', err: 0 });
    script.reply(3, 5, { type: 'none' }, -6);
    script.take(encodeWatcherEventFrame({ type: 3, state: 3, path: '/persistent' }));
    script.session.closed('gone');
    script.connect();

    script.welcome();

    const [body] = script.sent();
    assert.deepEqual(decodeRequestBody(decodeRequestHeader(body!).opcode, body!), {
      type: 'setWatches2',
      relativeZxid: 5,
      dataWatches: [],
      existWatches: [],
      childWatches: [],
      persistentWatches: ['/persistent'],
      persistentRecursiveWatches: ['/recursive'],
    });
  });

  it('tells of everything that arrives in its order, pings excepted', () => {
    const arrivals: string[] = [];
    script.session.onArrival = (arrival) =>
      arrivals.push('zxid' in arrival ? `${arrival.type} ${arrival.zxid}` : arrival.type);
    script.connect();
    script.welcome();
    script.submit({ type: 'getData', path: '/a', watch: true });
    script.reply(1, 5, { type: 'data', data: null, stat });
    script.reply(-2, 6);
    script.take(encodeWatcherEventFrame({ type: 1, state: 3, path: '/b' }));
    script.session.closed('gone');
    script.connect();
    script.session.closed('refused');
    script.connect();
    script.welcome();
    script.reply(-8, 7);

    assert.deepEqual(arrivals, ['attached', 'reply 5', 'event', 'lost 6', 'attached', 'restored 7']);
  });

  it('proves who it is ahead of what it asks, and again on every connection', () => {
    const auth = { type: 'auth', authType: 0, scheme: 'digest', auth: Buffer.from('user:secret') } as const;
    script.connect();
    script.welcome();
    script.session.addAuth(auth, script.nowMs);
    script.submit(read);
    assert.deepEqual(script.requests(), ['-4 auth', '1 getData']);
    script.session.closed('gone');
    script.submit(read);
    script.connect();
    script.welcome();

    assert.deepEqual(script.requests(), ['-4 auth', '2 getData']);
  });

  it('takes the answer to a proof, which comes out of turn and with no zxid', () => {
    script.connect();
    script.welcome();
    script.submit(read);
    script.reply(-4, 0);
    script.reply(1, 42, { type: 'data', data: Buffer.from('x'), stat });

    assert.equal(script.session.dropReason, null);
    assert.deepEqual(script.outcomes, ['0 data at 42']);
  });

  it('splits a long list of watches, to stay below the frame limit of a server', () => {
    script.connect();
    script.welcome();
    for (let count = 0; count < 3000; count++) {
      const path = `/${'x'.repeat(90)}${count}`;
      script.submit({ type: 'getChildren2', path, watch: true });
      script.reply(count + 1, 5, { type: 'childrenAndStat', children: [], stat });
    }
    script.session.closed('gone');
    script.connect();

    script.welcome();

    const frames = script.sent();
    assert.equal(frames.length, 3);
    for (const frame of frames) assert.ok(frame.length < 140_000, `${frame.length} bytes`);
  });

  it('is over once it was ended, and sends nothing that had waited', () => {
    script.submit(read);
    script.session.end();
    script.submit(read);

    assert.deepEqual(script.outcomes, ['not-connected', 'not-connected']);
    assert.equal(script.session.isOver, true);
    assert.equal(script.session.deadlineMs, Infinity);
  });
});
