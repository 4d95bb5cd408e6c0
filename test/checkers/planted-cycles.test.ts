import { strict as assert } from 'node:assert';
import { before, describe, it } from 'mocha';
import { guarantees } from '../../checkers/guarantees.ts';
import { runCheckers } from '../../checkers/run-checkers.ts';
import { serializableTransactions } from '../../checkers/serializable-transactions.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { defaultRunOptions } from '../../harness/run/run-options.ts';
import { run } from '../../harness/run/run.ts';
import { contextOf } from './draw.ts';

type MicroOperation = ['append', number, number] | ['r', number, number[]];
type Lie = (operations: MicroOperation[]) => MicroOperation[] | null;

describe('one lie in a recorded history of transactions', () => {
  let recorded: readonly Operation[];
  before(async () => {
    await run(
      {
        ...defaultRunOptions,
        seed: 4,
        servers: 3,
        workloads: ['append', 'set'],
        nemeses: ['kill'],
        timeLimitMs: 6000,
        ratePerSecond: 300,
      },
      { keepsFiles: false, over: (_ensemble, history) => (recorded = [...history]) },
    );
  });

  /** The guarantees that fall, and the names of the anomalies, once the middle one of what `lie` can change is changed. */
  function found(f: string, lie: Lie): readonly [guarantees: string[], anomalies: unknown[]] {
    const able = recorded.filter(
      (entry) => entry.f === f && entry.type === 'ok' && forge(entry, lie) !== null,
    );
    const victim = able[Math.floor(able.length / 2)];
    assert.ok(victim !== undefined, `no ${f} to lie about`);
    return judge(recorded.map((entry) => (entry === victim ? (forge(entry, lie) ?? entry) : entry)));
  }

  function judge(history: readonly Operation[]): readonly [guarantees: string[], anomalies: unknown[]] {
    const { results, crashes } = runCheckers(guarantees, history, contextOf());
    assert.deepEqual(crashes, []);
    const violated = results.filter(({ verdict }) => verdict === 'violated');
    const anomalies = violated.flatMap(({ evidence }) => evidence.map(({ details }) => details?.['anomaly']));
    return [violated.map(({ name }) => name), [...new Set(anomalies)]];
  }

  const only = (...anomalies: string[]): unknown => [['serializable-transactions'], anomalies];

  it('is not found where there is none', () => {
    assert.ok(recorded.length > 2000);
    assert.deepEqual(judge(recorded), [[], []]);
  });

  it('two elements that have changed places', () => {
    const lie = eachRead((list) =>
      list.length < 4 ? null : [...list.slice(0, -2), ...list.slice(-2).reverse()],
    );

    assert.deepEqual(found('snapshot', lie), only('incompatible-order'));
  });

  it('an element that nobody appended', () => {
    assert.deepEqual(
      found(
        'snapshot',
        eachRead((list) => [...list.slice(0, -1), 1_000_000]),
      ),
      only('garbage-read', 'incompatible-order'),
    );
  });

  it('a transaction that read an old list', () => {
    const lie = eachRead((list, operations) =>
      list.length < 3 || operations.some(([f]) => f === 'append') ? null : list.slice(0, -2),
    );

    const [violated, anomalies] = found('txn', lie);

    assert.deepEqual(violated, ['serializable-transactions']);
    assert.match(String(anomalies), /^G-single/);
  });

  it('a failure that was none', () => {
    const seen = new Set(
      recorded
        .filter(({ f, type }) => f === 'snapshot' && type === 'ok')
        .flatMap(({ value }) => (value as MicroOperation[]).flatMap(([, , list]) => list)),
    );
    const victim = recorded.find(
      ({ f, type, value }) =>
        f === 'txn' &&
        type === 'ok' &&
        (value as MicroOperation[]).some(([kind, , element]) => kind === 'append' && seen.has(element)),
    );

    const [violated, anomalies] = judge(
      recorded.map((entry) => (entry === victim ? { ...entry, type: 'fail' as const } : entry)),
    );

    assert.deepEqual([violated, anomalies], only('G1a'));
  });

  it('an acknowledged append that is gone', () => {
    const lost = recorded
      .filter(({ f, type }) => f === 'txn' && type === 'ok')
      .flatMap(({ value }) => (value as MicroOperation[]).filter(([f]) => f === 'append'))
      .at(50)?.[2];
    assert.equal(typeof lost, 'number');
    const without = (operations: MicroOperation[]): MicroOperation[] =>
      operations.map((operation) =>
        operation[0] === 'r' ? ['r', operation[1], operation[2].filter((each) => each !== lost)] : operation,
      );

    const forged = recorded.map((entry) => forge(entry, without) ?? entry);
    const { evidence } = serializableTransactions.check(forged, contextOf());

    assert.deepEqual(judge(forged)[0], ['serializable-transactions']);
    assert.match(evidence.map(({ sentence }) => sentence).join(), new RegExp(`\\b${lost}\\b`));
  });

  it('a zxid that is another’s', () => {
    const writes = recorded.filter(({ f, type }) => f === 'txn' && type === 'ok');
    const [one, other] = [writes[200], writes[300]];

    const [violated, anomalies] = judge(
      recorded.map((entry) =>
        entry === one
          ? { ...entry, zxid: other?.zxid ?? 0 }
          : entry === other
            ? { ...entry, zxid: one?.zxid ?? 0 }
            : entry,
      ),
    );

    assert.ok(violated.includes('serializable-transactions'));
    assert.match(String(anomalies), /zxid/);
  });
});

/** Changes the first read that it can. */
function eachRead(change: (list: number[], operations: MicroOperation[]) => number[] | null): Lie {
  return (operations) => {
    for (const [index, [f, key, list]] of operations.entries()) {
      const isOwn = operations.some((each) => each[0] === 'append' && each[1] === key);
      const changed = f === 'r' && !isOwn ? change(list, operations) : null;
      if (changed !== null) return operations.with(index, ['r', key, changed]);
    }
    return null;
  };
}

function forge(entry: Operation, lie: Lie): Operation | null {
  if (entry.type !== 'ok' || !['txn', 'snapshot', 'final-lists'].includes(entry.f)) return null;
  const isFinal = entry.f === 'final-lists';
  const [path, operations] = isFinal ? (entry.value as [string, MicroOperation[]]) : ['', entry.value];
  const forged = lie(structuredClone(operations as MicroOperation[]));
  if (forged === null) return null;
  return { ...entry, value: isFinal ? [path, forged] : forged };
}
