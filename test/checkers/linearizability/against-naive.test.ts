import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { searchLinearization } from '../../../checkers/linearizability/search.ts';
import type { SearchCall } from '../../../checkers/linearizability/search.ts';
import { explainViolation } from '../../../checkers/linearizability/violation.ts';
import type { AnyModel } from '../../../checkers/models/model.ts';
import { models } from '../../../checkers/models/models.ts';
import { actionsOf } from './draw-actions.ts';
import { isLinearizable } from './naive.ts';

const generous = { timeMs: 5000, memoryBytes: 64 * 1024 * 1024, nowMs: () => 0 };

/** Histories for each of the ten models; ORDEAL_SEARCH_HISTORIES asks for more. */
const historiesPerModel = Number(process.env['ORDEAL_SEARCH_HISTORIES'] ?? 1200);

describe('linearizability search against trying every order', () => {
  it('has ten thousand histories at least', () => {
    assert.ok(historiesPerModel * models.length >= 10_000);
  });

  for (const model of models) {
    it(`of ${model.name}`, () => {
      const seen = compare(model, drawCalls(model, { most: 6, doubt: 4 }), historiesPerModel);

      const few = historiesPerModel / 20;
      assert.ok(seen.linearizable > few && seen['not-linearizable'] > few, JSON.stringify(seen));
    });
  }

  it('of longer histories with many calls in doubt', function () {
    this.timeout(60_000);
    for (const model of models)
      compare(model, drawCalls(model, { most: 14, doubt: 1 }), historiesPerModel / 20);
  });

  it('of calls that may be left out', () => {
    for (const model of models)
      compare(model, drawCalls(model, { most: 6, doubt: 4, optional: 3 }), historiesPerModel / 10);
  });

  it('explains a violation with calls that have no order alone', () => {
    let explained = 0;
    for (const model of models) {
      fc.assert(
        fc.property(drawCalls(model, { most: 6, doubt: 4 }), (calls) => {
          const found = searchLinearization(model, calls, generous);
          if (found.type !== 'not-linearizable') return;
          explained++;
          const violation = explainViolation(model, calls, found, generous);
          assert.ok(violation !== null);
          assert.ok(violation.core !== null);
          assert.ok(!isLinearizable(model, optionalBut(model, calls, violation.core)));
          assertExplains(model, violation.prefix, calls, { isWhole: false });
        }),
        { numRuns: 150, seed: 11 },
      );
    }
    assert.ok(explained > 300, `${explained} violations`);
  });
});

function compare(
  model: AnyModel,
  drawn: fc.Arbitrary<SearchCall<unknown>[]>,
  numRuns: number,
): Record<'linearizable' | 'not-linearizable' | 'unknown', number> {
  const seen = { linearizable: 0, 'not-linearizable': 0, unknown: 0 };
  fc.assert(
    fc.property(drawn, (calls) => {
      const result = searchLinearization(model, calls, generous);
      seen[result.type]++;
      assert.equal(result.type === 'linearizable', isLinearizable(model, calls));
      if (result.type === 'linearizable') assertExplains(model, result.order, calls, { isWhole: true });
    }),
    { numRuns, seed: 7 },
  );
  return seen;
}

/** One of `doubt + 1` calls is indefinite; with `optional`, one of so many of the others may be left out. */
function drawCalls(
  model: AnyModel,
  { most, doubt, optional = 0 }: { most: number; doubt: number; optional?: number },
): fc.Arbitrary<SearchCall<unknown>[]> {
  const actions = actionsOf[model.name];
  assert.ok(actions !== undefined, `${model.name} has no actions to draw`);
  const call = fc
    .tuple(actions, fc.nat(2 * most), fc.nat(5), fc.nat(doubt), fc.nat(Math.max(0, optional - 1)))
    .map(([action, start, length, isSure, choice]) => ({
      action,
      start,
      end: isSure === 0 ? Infinity : start + length,
      ...(optional > 0 && choice === 0 && isSure > 0 ? { isOptional: true } : {}),
    }));
  return fc.array(call, { maxLength: most, size: 'max' });
}

/** The calls with all but some made optional, and the reads among those left out. */
function optionalBut(
  model: AnyModel,
  calls: readonly SearchCall<unknown>[],
  kept: readonly number[],
): SearchCall<unknown>[] {
  return calls.flatMap((call, position) => {
    if (kept.includes(position)) return [call];
    return model.isRead(call.action) ? [] : [{ ...call, isOptional: true }];
  });
}

function assertExplains(
  model: AnyModel,
  order: readonly number[],
  calls: readonly SearchCall<unknown>[],
  { isWhole }: { isWhole: boolean },
): void {
  let state: unknown = model.initial;
  for (const [place, position] of order.entries()) {
    const call = calls[position]!;
    state = model.step(state, call.action);
    assert.notEqual(state, undefined, 'the model refuses the order');
    const later = order.slice(place + 1).map((other) => calls[other]!);
    assert.ok(
      later.every(({ end }) => end >= call.start),
      'the order breaks real time',
    );
  }
  const missing = calls.filter((_, position) => !order.includes(position));
  if (isWhole) assert.ok(missing.every(({ end, isOptional }) => end === Infinity || isOptional === true));
}
