import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { ClientError } from '../../harness/client/client.ts';
import type { Answer, Client, WatchEvent } from '../../harness/client/client.ts';
import { Random } from '../../harness/random/random.ts';
import { ErrorCode } from '../../harness/wire/constants.ts';
import type { ClientRequest, ReplyBody } from '../../harness/wire/records.ts';
import { scripts } from '../../workloads/conformance/catalogue.ts';
import { play } from '../../workloads/conformance/play.ts';
import { ask, create, get, script, set, stat } from '../../workloads/conformance/script.ts';
import { conformanceWorkload } from '../../workloads/conformance.ts';

const session = '0100000000000001';
const place = '/c/1';

const found = (zxid: number, changes = {}): ReplyBody => ({
  type: 'stat',
  stat: {
    czxid: 11,
    mzxid: zxid,
    pzxid: 11,
    ctime: 5,
    mtime: 5 + zxid,
    version: 1,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: '0000000000000000',
    dataLength: 1,
    numChildren: 0,
    ...changes,
  },
});
const made = (path: string): ReplyBody => ({ type: 'path', path });
const ok = (zxid: number, body: ReplyBody): Answer => ({ zxid, err: 0, body });

/** Gives the answers that it was given, in their order, and nothing behind them. */
class ScriptedClient {
  readonly sessionId = session;
  readonly asked: ClientRequest[] = [];
  readonly #answers: (Answer | ClientError)[];
  readonly #listeners: ((event: WatchEvent) => void)[] = [];

  constructor(...answers: (Answer | ClientError)[]) {
    this.#answers = answers;
  }

  async ask(request: ClientRequest): Promise<Answer> {
    this.asked.push(request);
    const answer = this.#answers.shift() ?? lost(true);
    if (answer instanceof ClientError) throw answer;
    if (request.type === 'setData') {
      for (const tell of this.#listeners) tell({ type: 'dataChanged', path: request.path });
    }
    return answer;
  }

  onWatch(listener: (event: WatchEvent) => void): void {
    this.#listeners.push(listener);
  }

  get asClient(): Client {
    return this as unknown as Client;
  }
}

function lost(definite: boolean): ClientError {
  return new ClientError('lost', { kind: 'connection-loss', definite });
}

const written = { stat: stat('birth', { mzxid: 'write', version: 1, dataLength: 1 }) };
const events = ['dataChanged a'];
const writes = script('writes', [
  ask(create('a'), { path: 'a' }, 'birth'),
  ask(set('a', 'x'), { ...written, events }, 'write'),
]);

describe('a script of the conformance workload', () => {
  it('has no difference where every answer is the expected one', async () => {
    const client = new ScriptedClient(ok(10, made(place)), ok(11, made(`${place}/a`)), ok(12, found(12)));

    const { played, zxid } = await play(client.asClient, writes, place);

    assert.deepEqual(played, { script: 'writes', steps: 2, difference: null });
    assert.equal(zxid, 12);
  });

  it('tells the first answer that differs', async () => {
    const client = new ScriptedClient(
      ok(10, made(place)),
      ok(11, made(`${place}/a`)),
      ok(12, found(12, { version: 2 })),
    );

    const { played } = await play(client.asClient, writes, place);

    assert.deepEqual(played.difference, {
      step: 2,
      request: 'setData a',
      expected: { ...written, events },
      seen: { stat: { ...written.stat, version: 2 }, events },
    });
  });

  it('sees a write whose zxid is not a new one', async () => {
    const client = new ScriptedClient(ok(10, made(place)), ok(10, made(`${place}/a`)));

    const { played } = await play(client.asClient, writes, place);

    assert.deepEqual(played.difference, {
      step: 1,
      request: 'create a',
      expected: { zxid: 'above 10' },
      seen: { zxid: 10 },
    });
  });

  it('sees an error that it did not expect, and stops there', async () => {
    const client = new ScriptedClient(ok(10, made(place)), {
      zxid: 11,
      err: ErrorCode.NO_NODE,
      body: { type: 'none' },
    });

    const { played } = await play(client.asClient, writes, place);

    assert.deepEqual(played.difference?.seen, { err: 'NONODE' });
    assert.equal(
      client.asked.some(({ type }) => type === 'setData'),
      false,
    );
  });

  it('is in doubt when a request is lost, also one that was never sent', async () => {
    for (const definite of [true, false]) {
      const client = new ScriptedClient(ok(10, made(place)), lost(definite));

      await assert.rejects(play(client.asClient, writes, place), { name: 'ClientError', definite: false });
    }
  });

  it('certainly did not happen when its first request was never sent', async () => {
    const client = new ScriptedClient(lost(true));

    await assert.rejects(play(client.asClient, writes, place), { name: 'ClientError', definite: true });
  });

  it('is in doubt when its session ended', async () => {
    const client = new ScriptedClient(ok(10, made(place)), {
      zxid: 11,
      err: ErrorCode.SESSION_EXPIRED,
      body: { type: 'none' },
    });

    await assert.rejects(play(client.asClient, writes, place), /ended at create \/c\/1\/a: SESSIONEXPIRED/);
  });

  it('clears away what it made, children first', async () => {
    const client = new ScriptedClient(ok(10, made(place)), ok(11, made(`${place}/a`)), ok(12, found(12)));

    await play(client.asClient, writes, place);

    const deleted = client.asked.filter(({ type }) => type === 'delete');
    assert.deepEqual(
      deleted.map((request) => ('path' in request ? request.path : '')),
      [`${place}/a`, place],
    );
  });

  it('does not take the events of other workloads for its own', async () => {
    const elsewhere = script('elsewhere', [ask(set('/elsewhere', 'x'))]);
    const client = new ScriptedClient(ok(10, made(place)), ok(11, { type: 'none' }));

    const { played } = await play(client.asClient, elsewhere, place);

    assert.equal(played.difference, null);
  });

  it('sees an answer that is older than the one before', async () => {
    const reads = script('reads', [ask(get('a'), 'NONODE')]);
    const client = new ScriptedClient(ok(10, made(place)), ok(9, { type: 'none' }));

    const { played } = await play(client.asClient, reads, place);

    assert.deepEqual(played.difference?.expected, { zxid: 'at least 10' });
  });
});

describe('the conformance workload', () => {
  it('has more than forty scripts, each with a name of its own', () => {
    assert.ok(scripts.length > 40, `${scripts.length}`);
    assert.equal(new Set(scripts.map(({ name }) => name)).size, scripts.length);
  });

  it('deals every script before any comes again, each at a place of its own', () => {
    const run = conformanceWorkload.create({ random: new Random(1), processes: 2 });
    const requests = scripts.map((_, index) => run.next(index % 2).value as [string, { script: string }]);

    assert.equal(new Set(requests.map(([, { script: name }]) => name)).size, scripts.length);
    assert.equal(new Set(requests.map(([at]) => at)).size, scripts.length);
  });
});
