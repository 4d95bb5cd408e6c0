import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { guarantees } from '../../checkers/guarantees.ts';
import { runCheckers } from '../../checkers/run-checkers.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { readHistoryFile } from '../../harness/history/history-file.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { defaultRunOptions } from '../../harness/run/run-options.ts';
import { run } from '../../harness/run/run.ts';
import { contextOf } from './draw.ts';
import { Planter } from './plant.ts';
import type { Lie } from './plant.ts';

/** `npm run bench:planted` asks for a hundred thousand. */
const operations = Number(process.env['ORDEAL_PLANTED_OPERATIONS'] ?? 6000);
const ratePerSecond = 400;

describe('one lie in a recorded history', function () {
  this.timeout(20_000 + 10 * operations);
  let directory: string;
  let recorded: readonly Operation[];
  let planter: Planter;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
    const { run: name, verdict } = await run({
      ...defaultRunOptions,
      seed: 3,
      servers: 3,
      workloads: ['register', 'set', 'sequential', 'multi', 'session-order', 'watch', 'ephemeral'],
      nemeses: ['partition', 'kill', 'pause'],
      // Faults take their share of what is asked for.
      timeLimitMs: Math.ceil((operations / ratePerSecond) * 1700),
      ratePerSecond,
      runsDirectory: directory,
    });
    assert.equal(verdict, 'pass');
    recorded = readHistoryFile(join(directory, name, 'history.jsonl'));
    planter = new Planter(recorded);
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  function violated(history: readonly Operation[]): GuaranteeResult[] {
    const exactReadServers = new Set([1, 2, 3]);
    const { results, crashes } = runCheckers(
      guarantees,
      history,
      contextOf({ exactReadServers, recoveryBoundMs: 60_000, budget: { timeMs: 120_000, memoryBytes: 1e9 } }),
    );
    assert.deepEqual(crashes, []);
    return results.filter(({ verdict }) => verdict === 'violated');
  }

  /** By the guarantee that it breaks, which shows it, and by no other. */
  function assertFound(lie: Lie, guarantee: string): void {
    const found = violated(planter.planted(lie));

    assert.deepEqual(
      found.map(({ name, reason }) => (name === guarantee ? name : `${name}: ${reason}`)),
      [guarantee],
    );
    const shown = found.flatMap(({ evidence }) => evidence.flatMap((item) => item.operations));
    assert.ok(
      shown.some(({ index }) => lie.has(index)),
      found[0]?.reason,
    );
  }

  it('is not found where there is none', () => {
    const calls = recorded.filter(({ process, type }) => process !== 'nemesis' && type === 'invoke').length;
    assert.ok(calls >= operations, `${calls} operations`);
    assert.deepEqual(violated(recorded), []);
  });

  it('a forged zxid', () => assertFound(planter.forgedZxid(), 'linearizable-writes'));

  it('a swapped pair of writes', () => assertFound(planter.swappedPair(), 'linearizable-writes'));

  it('a lost update', () => assertFound(planter.lostUpdate(), 'linearizable-writes'));

  it('a stale read of a session', () => assertFound(planter.staleRead(), 'session-monotonic'));

  it('a watch that missed its event', () => assertFound(planter.missedWatch(), 'watches'));

  it('a watch that told twice', () => assertFound(planter.duplicatedWatch(), 'watches'));

  it('an ephemeral that outlives its session', () => assertFound(planter.outlivingEphemeral(), 'ephemerals'));

  it('a number that another create has', () => {
    const lie = (value: unknown): unknown => {
      const [parent, name] = value as [string, string];
      const number = Number(name.slice(-10));
      return number === 0 ? null : [parent, `${name.slice(0, -10)}${String(number - 1).padStart(10, '0')}`];
    };

    assertFound(planter.lieAbout('sequential-create', lie), 'sequence');
  });

  it('half of a multi', () => {
    const lie = (value: unknown): unknown => {
      const [scope, seen] = value as [string, Record<string, { version: number }>];
      if (!scope.includes('pair') || (seen['a']?.version ?? 0) === 0) return null;
      return [scope, { ...seen, a: { ...seen['a'], version: (seen['a']?.version ?? 0) - 1, by: 0, at: {} } }];
    };

    assertFound(planter.lieAbout('multi-read', lie), 'multi-atomicity');
  });

  it('money from nowhere', () => {
    const lie = (value: unknown): unknown => {
      const [scope, seen] = value as [string, Record<string, { balance: number }>];
      return scope.endsWith('accounts') ? [scope, { ...seen, '2': { ...seen['2'], balance: 999 } }] : null;
    };

    assertFound(planter.lieAbout('multi-read', lie), 'multi-atomicity');
  });

  it('a Stat that lacks the last change of the children', () => {
    const lie = (value: unknown): unknown => {
      const [root, steps] = value as [string, { op: string; stat?: { pzxid: number; czxid: number } }[]];
      const [first, second, third] = steps;
      if (first?.op !== 'get' || second?.op !== 'create' || third?.op !== 'get') return null;
      if (first.stat === undefined || third.stat === undefined) return null;
      return [root, [first, second, { ...third, stat: first.stat }]];
    };

    assertFound(planter.lieAbout('pipeline', lie), 'session-order');
  });

  it('a value that was read under the version of another', () => {
    const lie = (value: unknown): unknown => {
      const [root, steps] = value as [string, { op: string; value?: number }[]];
      const last = steps.at(-1);
      if (steps[0]?.op !== 'set' || last?.op !== 'get' || steps.length !== 2) return null;
      return [root, [steps[0], { ...last, value: 0 }]];
    };

    assertFound(planter.lieAbout('pipeline', lie), 'session-order');
  });
});
