import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { guarantees } from '../../checkers/guarantees.ts';
import { runCheckers } from '../../checkers/run-checkers.ts';
import { readHistoryFile } from '../../harness/history/history-file.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { defaultRunOptions } from '../../harness/run/run-options.ts';
import { run } from '../../harness/run/run.ts';
import { contextOf } from './draw.ts';

describe('one lie in a recorded history', () => {
  let directory: string;
  let recorded: readonly Operation[];
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
    const { run: name } = await run({
      ...defaultRunOptions,
      seed: 3,
      servers: 3,
      workloads: ['register', 'set', 'sequential', 'multi', 'session-order'],
      nemeses: ['kill'],
      timeLimitMs: 10_000,
      ratePerSecond: 200,
      runsDirectory: directory,
    });
    recorded = readHistoryFile(join(directory, name, 'history.jsonl'));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  /** What is violated once `lie` has changed the middle one of the completions that it can change. */
  function violatedBy(f: string, lie: (value: unknown) => unknown): string[] {
    const able = recorded.filter(
      ({ type, f: own, value }) => own === f && type === 'ok' && lie(clone(value)) !== null,
    );
    const victim = able[Math.floor(able.length / 2)];
    assert.ok(victim !== undefined, `no ${f} to lie about`);
    const forged = recorded.map((entry) =>
      entry === victim ? { ...entry, value: lie(clone(entry.value)) } : entry,
    );
    return violated(forged);
  }

  function violated(history: readonly Operation[]): string[] {
    const { results, crashes } = runCheckers(guarantees, history, contextOf());
    assert.deepEqual(crashes, []);
    return results.filter(({ verdict }) => verdict === 'violated').map(({ name }) => name);
  }

  it('is not found where there is none', () => {
    assert.ok(recorded.length > 2000);
    assert.deepEqual(violated(recorded), []);
  });

  it('a number that another create has', () => {
    const lie = (value: unknown): unknown => {
      const [parent, name] = value as [string, string];
      const number = Number(name.slice(-10));
      return number === 0 ? null : [parent, `${name.slice(0, -10)}${String(number - 1).padStart(10, '0')}`];
    };

    assert.deepEqual(violatedBy('sequential-create', lie), ['sequence']);
  });

  it('half of a multi', () => {
    const lie = (value: unknown): unknown => {
      const [scope, seen] = value as [string, Record<string, { version: number }>];
      if (!scope.includes('pair') || (seen['a']?.version ?? 0) === 0) return null;
      return [scope, { ...seen, a: { ...seen['a'], version: (seen['a']?.version ?? 0) - 1, by: 0, at: {} } }];
    };

    assert.deepEqual(violatedBy('multi-read', lie), ['multi-atomicity']);
  });

  it('money from nowhere', () => {
    const lie = (value: unknown): unknown => {
      const [scope, seen] = value as [string, Record<string, { balance: number }>];
      return scope.endsWith('accounts') ? [scope, { ...seen, '2': { ...seen['2'], balance: 999 } }] : null;
    };

    assert.deepEqual(violatedBy('multi-read', lie), ['multi-atomicity']);
  });

  it('a Stat that lacks the last change of the children', () => {
    const lie = (value: unknown): unknown => {
      const [root, steps] = value as [string, { op: string; stat?: { pzxid: number; czxid: number } }[]];
      const [first, second, third] = steps;
      if (first?.op !== 'get' || second?.op !== 'create' || third?.op !== 'get') return null;
      if (first.stat === undefined || third.stat === undefined) return null;
      return [root, [first, second, { ...third, stat: first.stat }]];
    };

    assert.deepEqual(violatedBy('pipeline', lie), ['session-order']);
  });

  it('a value that was read under the version of another', () => {
    const lie = (value: unknown): unknown => {
      const [root, steps] = value as [string, { op: string; value?: number }[]];
      const last = steps.at(-1);
      if (steps[0]?.op !== 'set' || last?.op !== 'get' || steps.length !== 2) return null;
      return [root, [steps[0], { ...last, value: 0 }]];
    };

    assert.deepEqual(violatedBy('pipeline', lie), ['session-order']);
  });
});

function clone(value: unknown): unknown {
  return structuredClone(value);
}
