import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import type { OrderRules } from '../../../checkers/cycles/dependencies.ts';
import { judgeTransactions } from '../../../checkers/cycles/judge-transactions.ts';
import { pairOperations } from '../../../harness/history/pairing.ts';
import { draw } from '../draw.ts';
import type { Drawn } from '../draw.ts';

type MicroOperation = readonly ['append' | 'r', string, unknown];
interface Told {
  readonly operations: readonly MicroOperation[];
  readonly from: number;
  readonly to: number;
}

const strict: OrderRules = { isStrict: () => true, sessionOf: () => null, zxidOf: () => null };

/** All permutations: is there an order, not against real time, in which each reads what it says it read? */
function hasOrder(
  left: readonly Told[],
  lists: ReadonlyMap<string, readonly unknown[]> = new Map(),
): boolean {
  if (left.length === 0) return true;
  return left.some((next, index) => {
    const others = left.filter((_, other) => other !== index);
    if (others.some(({ to }) => to < next.from)) return false;
    const after = perform(next.operations, lists);
    return after !== null && hasOrder(others, after);
  });
}

function perform(
  operations: readonly MicroOperation[],
  before: ReadonlyMap<string, readonly unknown[]>,
): Map<string, readonly unknown[]> | null {
  const lists = new Map(before);
  for (const [f, key, argument] of operations) {
    const list = lists.get(key) ?? [];
    if (f === 'append') lists.set(key, [...list, argument]);
    else if (JSON.stringify(list) !== JSON.stringify(argument)) return null;
  }
  return lists;
}

const keys = ['x', 'y'];

/**
 * Transactions that were performed one after another on lists of which some were seen late, so that about half of
 * the histories have no order; in the end all lists are read.
 */
const histories = fc
  .array(
    fc.record({
      operations: fc.array(fc.record({ isAppend: fc.boolean(), key: fc.constantFrom(...keys) }), {
        minLength: 1,
        maxLength: 3,
      }),
      from: fc.integer({ min: 0, max: 20 }),
      lasts: fc.integer({ min: 0, max: 30 }),
      seesFrom: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((drawn) => {
    const states = [new Map<string, readonly unknown[]>()];
    let element = 0;
    const told = drawn.map(({ operations, from, lasts, seesFrom }): Told => {
      const seen = states[Math.max(0, states.length - 1 - seesFrom)] ?? new Map();
      const own = new Map<string, readonly unknown[]>();
      const latest = new Map(states.at(-1));
      const done = operations.map(({ isAppend, key }): MicroOperation => {
        if (!isAppend) return ['r', key, [...(seen.get(key) ?? []), ...(own.get(key) ?? [])]];
        element++;
        own.set(key, [...(own.get(key) ?? []), element]);
        latest.set(key, [...(latest.get(key) ?? []), element]);
        return ['append', key, element];
      });
      states.push(latest);
      return { operations: done, from, to: from + lasts };
    });
    const last = states.at(-1) ?? new Map<string, readonly unknown[]>();
    const end = keys.map((key): MicroOperation => ['r', key, last.get(key) ?? []]);
    return [...told, { operations: end, from: 100, to: 110 }];
  });

function judge(told: readonly Told[]): ReturnType<typeof judgeTransactions> {
  const calls = told.map(({ operations, from, to }): Drawn => ({ f: 'txn', value: operations, from, to }));
  return judgeTransactions(pairOperations(draw(calls)), strict);
}

describe('cycles and a search of all orders', () => {
  it('agree on histories in which every append is read', () => {
    let violatedCount = 0;

    fc.assert(
      fc.property(histories, (told) => {
        const isViolated = judge(told).evidence.length > 0;
        if (isViolated) violatedCount++;
        assert.equal(isViolated, !hasOrder(told));
      }),
      { numRuns: 2000, seed: 7 },
    );

    assert.ok(violatedCount > 200 && violatedCount < 1800, `${violatedCount} of 2000 were violated`);
  });

  it('finds nothing where an order exists, though some appends are never read', () => {
    fc.assert(
      fc.property(histories, (told) => {
        const withoutEnd = told.slice(0, -1);
        if (hasOrder(withoutEnd)) assert.deepEqual(judge(withoutEnd).evidence, []);
      }),
      { numRuns: 2000, seed: 8 },
    );
  });
});

describe('cycles at length', () => {
  it('judges a chain of twenty thousand transactions, deeper than any stack', () => {
    const count = 20_000;
    const told = Array.from({ length: count }, (_, index): Told => {
      const key = `list ${index >> 4}`;
      const first = index & ~15;
      const list = Array.from({ length: index - first }, (_unused, offset) => first + offset);
      return {
        operations: [
          ['r', key, list],
          ['append', key, index],
        ],
        from: index * 2,
        to: index * 2 + 1,
      };
    });

    assert.deepEqual(judge(told).evidence, []);
  });
});
