import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Pairing } from '../../harness/history/pairing.ts';
import { drawHistory, HistoryDrawing } from '../../reports/intervals.ts';
import { makeHistory } from './fixtures.ts';

describe('a drawn history', () => {
  const whole = makeHistory(500);
  // Calls that never end are drawn, too.
  const history = whole.slice(0, whole.length - 7);
  const extent = {
    count: history.filter(({ type }) => type === 'invoke').length,
    lastNs: history.at(-1)?.time ?? 0,
  };

  it('is the same whether its extent is known or measured', () => {
    assert.deepEqual(drawHistory(history, new Set(), extent), drawHistory(history, new Set()));
    assert.equal(drawHistory(history, new Set()).intervals.length, extent.count);
  });

  it('is the same when it passes by', () => {
    const drawing = new HistoryDrawing(extent, new Set());
    const pairing = new Pairing();

    for (const operation of history) drawing.take(operation, pairing.take(operation));
    assert.equal(drawing.isOver, false);
    drawing.end(pairing.open);

    assert.equal(drawing.isOver, true);
    assert.deepEqual(drawing.drawn, drawHistory(history, new Set()));
  });

  it('of nothing is empty', () => {
    const { intervals, count, durationNs } = drawHistory([], new Set());

    assert.deepEqual([intervals, count, durationNs], [[], 0, 1]);
  });
});
