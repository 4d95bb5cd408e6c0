import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { searchLinearization } from '../../../checkers/linearizability/search.ts';
import { withoutForesight } from '../../../checkers/models/model.ts';
import type { SearchCall, SearchResult } from '../../../checkers/linearizability/search.ts';
import type { RegisterAction } from '../../../checkers/models/register.ts';
import { casRegister } from '../../../checkers/models/register.ts';

const generous = { timeMs: 5000, memoryBytes: 256 * 1024 * 1024, nowMs: () => performance.now() };

type RegisterCall = SearchCall<RegisterAction>;

function read(value: number | null, start: number, end: number): RegisterCall {
  return { action: { type: 'read', value: JSON.stringify(value) }, start, end };
}

function write(value: number, start: number, end = Infinity): RegisterCall {
  return { action: { type: 'write', value: JSON.stringify(value) }, start, end };
}

function cas(expected: number, value: number, start: number, end = Infinity): RegisterCall {
  const action = { type: 'cas', expected: JSON.stringify(expected), value: JSON.stringify(value) } as const;
  return { action, start, end };
}

function search(calls: readonly RegisterCall[]): SearchResult<string> {
  return searchLinearization(casRegister, calls, generous);
}

describe('linearizability search', () => {
  describe('definite calls', () => {
    it('accepts the empty history', () => {
      assert.equal(search([]).type, 'linearizable');
    });

    it('accepts a read of the initial value and refuses another', () => {
      assert.equal(search([read(null, 0, 1)]).type, 'linearizable');
      assert.equal(search([read(1, 0, 1)]).type, 'not-linearizable');
    });

    it('accepts either value during a write, the new one only after it', () => {
      assert.equal(search([write(1, 0, 10), read(null, 2, 4)]).type, 'linearizable');
      assert.equal(search([write(1, 0, 10), read(1, 2, 4)]).type, 'linearizable');
      assert.equal(search([write(1, 0, 10), read(null, 11, 12)]).type, 'not-linearizable');
    });

    it('refuses a read of the old value after a read of the new one', () => {
      const calls = [write(1, 0, 10), read(1, 2, 4), read(null, 5, 6)];

      assert.equal(search(calls).type, 'not-linearizable');
    });

    it('counts a call that begins when another ends as concurrent', () => {
      assert.equal(search([write(1, 0, 10), read(null, 10, 12)]).type, 'linearizable');
      assert.equal(search([write(1, 0, 10), read(null, 10.1, 12)]).type, 'not-linearizable');
    });

    it('returns an order that explains the history', () => {
      const calls = [read(2, 0, 9), write(1, 0, 5), cas(1, 2, 1, 6), read(1, 0, 9)];

      const result = search(calls);

      assert.deepEqual(result.type === 'linearizable' && result.order, [1, 3, 2, 0]);
    });
  });

  describe('indefinite calls', () => {
    it('may be left out', () => {
      assert.equal(search([write(1, 0), read(null, 5, 6)]).type, 'linearizable');
    });

    it('may take effect long after they were given up', () => {
      const calls = [write(1, 0), write(2, 5, 6), read(2, 7, 8), read(1, 100, 101)];

      assert.equal(search(calls).type, 'linearizable');
    });

    it('cannot take effect before they began', () => {
      assert.equal(search([read(1, 0, 1), write(1, 2)]).type, 'not-linearizable');
      assert.equal(search([read(1, 0, 2), write(1, 2)]).type, 'linearizable');
    });

    it('take effect once', () => {
      const calls = [write(1, 0), read(1, 1, 2), write(2, 3, 4), read(1, 5, 6)];

      assert.equal(search(calls).type, 'not-linearizable');
      assert.equal(search([...calls, write(1, 0)]).type, 'linearizable');
    });
  });

  describe('budgets', () => {
    /** With foresight it would turn back at once. */
    const nearsighted = withoutForesight(casRegister);
    /** Concurrent writes in any order, then a value that none of them wrote: every subset must be visited. */
    const hard = [...Array.from({ length: 40 }, (_, value) => write(value, 0, 100)), read(-1, 200, 201)];

    it('end a hard search in time', () => {
      const started = performance.now();

      const result = searchLinearization(nearsighted, hard, { ...generous, timeMs: 50 });

      assert.deepEqual([result.type, result.type === 'unknown' && result.ranOut], ['unknown', 'time']);
      assert.ok(performance.now() - started < 200, `took ${performance.now() - started} ms`);
    });

    it('end a hard search within its memory', () => {
      const memoryBytes = 1024 * 1024;

      const result = searchLinearization(nearsighted, hard, { ...generous, memoryBytes });

      assert.ok(result.type === 'unknown');
      assert.equal(result.ranOut, 'memory');
      // A configuration takes sixteen bytes at the least.
      assert.ok(result.configurations * 16 < memoryBytes, `${result.configurations} configurations`);
    });

    it('do not trouble a long history of little concurrency', () => {
      const calls = Array.from({ length: 20_000 }, (_, step) =>
        step % 2 === 0 ? write(step, step * 10, step * 10 + 15) : read(step - 1, step * 10, step * 10 + 9),
      );

      const result = searchLinearization(casRegister, calls, { ...generous, memoryBytes: 16 * 1024 * 1024 });

      assert.equal(result.type, 'linearizable');
    });

    it('do not trouble a history with many lost writes', () => {
      const lost = Array.from({ length: 200 }, (_, value) => write(1000 + value, value));
      const sure = Array.from({ length: 400 }, (_, step) => [
        write(step, 1000 + step * 10, 1004 + step * 10),
        read(step, 1005 + step * 10, 1006 + step * 10),
      ]).flat();

      assert.equal(search([...lost, ...sure]).type, 'linearizable');
    });
  });

  describe('agrees with trying every order', () => {
    it('of a few random calls', () => {
      compareWithNaive([]);
    });

    it('of random calls whose bits lie on both sides of a word', () => {
      // Twenty-eight calls before them, one after the other, that leave the state as it is.
      compareWithNaive(Array.from({ length: 28 }, (_, step) => read(null, 2 * step - 100, 2 * step - 99)));
    });
  });
});

function compareWithNaive(before: readonly RegisterCall[]): void {
  const seen = { linearizable: 0, 'not-linearizable': 0, unknown: 0 };

  fc.assert(
    fc.property(fc.array(randomCall(), { maxLength: 7 }), (calls) => {
      const result = search([...before, ...calls]);
      seen[result.type]++;
      assert.equal(result.type === 'linearizable', isLinearizable(calls));
      if (result.type === 'linearizable') assertExplains(result.order, [...before, ...calls]);
    }),
    { numRuns: 3000, seed: 7 },
  );

  assert.ok(seen.linearizable > 300 && seen['not-linearizable'] > 300, JSON.stringify(seen));
}

function randomCall(): fc.Arbitrary<RegisterCall> {
  const value = fc.integer({ min: 0, max: 2 });
  const action: fc.Arbitrary<RegisterAction> = fc.oneof(
    value.map((read): RegisterAction => ({ type: 'read', value: String(read) })),
    fc.constant<RegisterAction>({ type: 'read', value: 'null' }),
    value.map((written): RegisterAction => ({ type: 'write', value: String(written) })),
    fc
      .tuple(value, value)
      .map(([from, to]): RegisterAction => ({ type: 'cas', expected: String(from), value: String(to) })),
  );
  return fc.tuple(action, fc.nat(12), fc.nat(5), fc.nat(4)).map(([action, start, length, doubt]) => ({
    action,
    start,
    end: doubt === 0 ? Infinity : start + length,
  }));
}

/** The definition, word for word: some order of the calls, the indefinite ones at will. */
function isLinearizable(calls: readonly RegisterCall[], state = casRegister.initial): boolean {
  if (calls.every(({ end }) => end === Infinity)) return true;
  return calls.some((call) => {
    if (calls.some(({ end }) => end < call.start)) return false;
    const next = casRegister.step(state, call.action);
    const rest = calls.filter((other) => other !== call);
    return next !== undefined && isLinearizable(rest, next);
  });
}

function assertExplains(order: readonly number[], calls: readonly RegisterCall[]): void {
  let state: string | undefined = casRegister.initial;
  for (const [place, position] of order.entries()) {
    const call = calls[position]!;
    assert.ok(state !== undefined);
    state = casRegister.step(state, call.action);
    const later = order.slice(place + 1).map((other) => calls[other]!);
    assert.ok(
      later.every(({ end }) => end >= call.start),
      'the order breaks real time',
    );
  }
  assert.ok(state !== undefined, 'the model refuses the order');
  const missing = calls.filter((_, position) => !order.includes(position));
  assert.ok(missing.every(({ end }) => end === Infinity));
}
