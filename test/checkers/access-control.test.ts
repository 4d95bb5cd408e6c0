import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { accessControl } from '../../checkers/access-control.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { contextOf } from './draw.ts';

/** What happened, in its order; each operation ends before the next begins. */
interface Step {
  readonly f: string;
  readonly type?: Operation['type'];
  readonly argument: object;
  readonly zxid?: number;
  readonly error?: string;
}

const everything = { alice: 'rwcda', bob: 'rwcda' };
const onlyAlice = { alice: 'rwcda' };
const refusal = { type: 'fail', error: 'setData /acl/0: NOAUTH (-102)' } as const;

const change = (acl: object, aversion: number, zxid: number): Step => ({
  f: 'set-acl',
  argument: { user: 'alice', acl, aversion },
  zxid,
});
const lostChange = (acl: object): Step => ({ f: 'set-acl', type: 'info', argument: { user: 'alice', acl } });
const read = (user: string, aversion: number, zxid: number): Step => ({
  f: 'guarded-read',
  argument: { user, aversion },
  zxid,
});
const write = (user: string, aversion: number, zxid: number): Step => ({
  f: 'guarded-write',
  argument: { user, value: 1, aversion },
  zxid,
});
const refusedWrite = (user: string, zxid: number): Step => ({
  f: 'guarded-write',
  argument: { user, value: 1 },
  zxid,
  ...refusal,
});
const refusedRead = (user: string, zxid: number): Step => ({
  f: 'guarded-read',
  argument: { user },
  zxid,
  ...refusal,
});
const create = (user: string, zxid: number): Step => ({
  f: 'guarded-create',
  argument: { user, child: 'c1' },
  zxid,
});

function judge(...steps: Step[]): GuaranteeResult {
  const history = steps.flatMap(({ f, type = 'ok', argument, zxid, error }, place): Operation[] => {
    const common = { process: place, f, value: ['/acl/0', argument] };
    const end = { ...(zxid === undefined ? {} : { zxid }), ...(error === undefined ? {} : { error }) };
    return [
      { ...common, index: 2 * place, time: place * 1e9, type: 'invoke' },
      { ...common, ...end, index: 2 * place + 1, time: place * 1e9 + 1, type, server: 1 },
    ];
  });
  return accessControl.check(history, contextOf({ quorumSyncServers: new Set([1]) }));
}

function sentences(...steps: Step[]): readonly string[] {
  return judge(...steps).evidence.map(({ sentence }) => sentence);
}

describe('access control', () => {
  it('passes what the list of the moment allows and refuses', () => {
    const reads = Array.from({ length: 10 }, (_, index) => read('bob', 0, index + 1));

    const result = judge(
      ...reads,
      change(onlyAlice, 1, 20),
      write('alice', 1, 21),
      refusedWrite('bob', 22),
      change(everything, 2, 23),
      write('bob', 2, 24),
    );

    assert.deepEqual([result.verdict, result.evidence, result.opportunities], ['pass', [], 15]);
  });

  it('sees a read that the list forbids', () => {
    assert.deepEqual(sentences(change(onlyAlice, 1, 20), read('bob', 1, 21)), [
      'bob (process 1) read the znode at 1.000 s with zxid 0x15, though the list was alice rwcda since process 0 changed it at 0.000 s with zxid 0x14',
    ]);
  });

  it('does not mind a read of a server that has not heard of the change', () => {
    assert.deepEqual(sentences(change(onlyAlice, 1, 20), read('bob', 0, 19)), []);
  });

  it('sees a write that the list forbids', () => {
    assert.match(
      sentences(change({ ...everything, bob: 'r' }, 1, 20), write('bob', 1, 21))[0] ?? '',
      /^bob \(process 1\) wrote the znode/,
    );
  });

  it('sees a create below a znode that the list forbids, by its zxid', () => {
    const lists = [change(onlyAlice, 1, 20), change(everything, 2, 30)];

    assert.match(sentences(...lists, create('bob', 25))[0] ?? '', /^bob \(process 2\) created a child below/);
    assert.deepEqual(sentences(...lists, create('bob', 19)), []);
    assert.deepEqual(sentences(...lists, create('bob', 31)), []);
  });

  it('sees a change of the list by somebody whom the list before forbids it', () => {
    const byBob = { ...change(everything, 2, 21), argument: { user: 'bob', acl: everything, aversion: 2 } };

    assert.match(sentences(change(onlyAlice, 1, 20), byBob)[0] ?? '', /^bob \(process 1\) changed the list/);
    assert.deepEqual(sentences(change({ ...onlyAlice, bob: 'a' }, 1, 20), byBob), []);
  });

  it('lets anyone do what anyone may', () => {
    assert.deepEqual(sentences(change({ alice: 'a', anyone: 'r' }, 1, 20), read('bob', 1, 21)), []);
  });

  it('sees a refusal of what the list allows', () => {
    assert.match(
      sentences(change(everything, 1, 20), refusedWrite('bob', 25))[0] ?? '',
      /^bob \(process 1\) was refused a guarded-write .* though the list was alice rwcda, bob rwcda since/,
    );
  });

  it('does not mind a refusal that a change in doubt explains', () => {
    assert.deepEqual(sentences(lostChange(onlyAlice), refusedWrite('bob', 25)), []);
  });

  it('does mind it between two changes that leave no room for one in doubt', () => {
    const around = [change(everything, 1, 20), change(everything, 2, 30)];

    assert.equal(sentences(...around, lostChange(onlyAlice), refusedWrite('bob', 25)).length, 1);
    assert.deepEqual(
      sentences(around[0]!, change(everything, 3, 30), lostChange(onlyAlice), refusedWrite('bob', 25)),
      [],
    );
  });

  it('gives the zxid of a refused read some room', () => {
    assert.deepEqual(
      sentences(change(onlyAlice, 1, 20), change(everything, 2, 21), refusedRead('bob', 21)),
      [],
    );
    assert.equal(sentences(change(everything, 1, 20), refusedRead('bob', 21)).length, 1);
  });

  it('does not judge other refusals', () => {
    const missing = { ...refusedWrite('bob', 5), error: 'setData /acl/0: NONODE (-101)' };

    assert.equal(judge(missing).opportunities, 0);
  });

  it('does not judge what it cannot know', () => {
    const { opportunities, evidence } = judge(lostChange(onlyAlice), read('bob', 1, 30));

    assert.deepEqual([opportunities, evidence], [0, []]);
  });

  it('sees a count of changes that does not rise', () => {
    assert.match(
      sentences(change(onlyAlice, 1, 20), change(everything, 1, 21))[0] ?? '',
      /^process 1 changed the list with zxid 0x15 and was told aversion 1, after process 0's change/,
    );
  });

  it('sees a server that holds another list at the end', () => {
    const final = (acl: object): Step => ({ f: 'final-acl', argument: { acl, aversion: 1 }, zxid: 40 });

    assert.deepEqual(sentences(change(onlyAlice, 1, 20), final(onlyAlice)), []);
    assert.match(
      sentences(change(onlyAlice, 1, 20), final({ anyone: 'rwcda' }))[0] ?? '',
      /^server 1 holds the list anyone rwcda/,
    );
  });

  describe('behind a leader of which nobody knows whether it takes writes and lists in one order', () => {
    /** Two calls of different processes on one znode: a change of the list, and a write of somebody it forbids. */
    function foreign({
      writeFromMs,
      writeToMs,
    }: {
      writeFromMs: number;
      writeToMs: number;
    }): readonly string[] {
      const call = (
        process: number,
        [fromMs, toMs]: readonly [number, number],
        { f, argument, zxid }: Step,
      ): readonly Operation[] => {
        const common = { index: 0, process, f, value: ['/acl/0', argument] };
        return [
          { ...common, time: fromMs * 1e6, type: 'invoke' },
          { ...common, time: toMs * 1e6, type: 'ok', server: 1, ...(zxid === undefined ? {} : { zxid }) },
        ];
      };
      const history = [
        ...call(0, [1_000, 1_300], change(onlyAlice, 1, 20)),
        ...call(1, [writeFromMs, writeToMs], write('bob', 1, 21)),
      ]
        .sort((one, other) => one.time - other.time)
        .map((operation, index) => ({ ...operation, index }));
      const context = contextOf({ quorumSyncServers: new Set() });
      return accessControl.check(history, context).evidence.map(({ sentence }) => sentence);
    }

    it('lets a write under way with the change be judged by the list before', () => {
      assert.deepEqual(foreign({ writeFromMs: 1_200, writeToMs: 1_400 }), []);
    });

    it('lets the leader be a little behind a follower', () => {
      assert.deepEqual(foreign({ writeFromMs: 2_000, writeToMs: 2_400 }), []);
    });

    it('sees a write long after the change', () => {
      assert.match(
        foreign({ writeFromMs: 9_000, writeToMs: 9_100 })[0] ?? '',
        /^bob \(process 1\) wrote the znode/,
      );
    });
  });
});
