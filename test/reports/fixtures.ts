// A run as the reports get it: five servers, ten processes, faults, and where asked a stale sync-read.

import type { GuaranteeResult, Verdict } from '../../checkers/verdict.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { Random } from '../../harness/random/random.ts';
import type { RunResult } from '../../harness/run/run-result.ts';

const second = 1_000_000_000;

/** Operations of ten processes over `durationSeconds`, a tenth of them failed or in doubt. */
export function makeHistory(operationCount: number, durationSeconds = 60): Operation[] {
  const random = new Random(7);
  const processes = 10;
  const perProcess = Math.ceil(operationCount / processes);
  const entries: Omit<Operation, 'index'>[] = [];
  for (let row = 0; row < processes; row++) {
    let process = row;
    const gapNs = (durationSeconds * second) / perProcess;
    for (let n = 0; n < perProcess; n++) {
      const time = Math.round(n * gapNs + random.below(gapNs * 0.2));
      const took = Math.round(gapNs * (0.1 + 0.6 * random.float()));
      const key = `/register/${random.below(6)}`;
      const f = random.pick(['read', 'write', 'cas', 'sync-read']);
      const type = random.chance(0.9) ? 'ok' : random.pick(['fail', 'info'] as const);
      const server = 1 + (row % 5);
      entries.push({ time, process, type: 'invoke', f, value: [key, f === 'write' ? n : null] });
      entries.push({
        time: time + took,
        process,
        type,
        f,
        value: [key, n],
        server,
        ...(type === 'ok' ? { version: n, zxid: n } : { error: 'no answer' }),
      });
      if (type === 'info') process += processes;
    }
  }
  entries.sort((a, b) => a.time - b.time);
  return entries.map((entry, index) => ({ index, ...entry }));
}

/** A verdict of each kind, or all passed. */
export function makeResult(verdict: Verdict, history: readonly Operation[]): RunResult {
  const completion =
    history.findLast((operation) => operation.type === 'ok' && operation.f === 'sync-read') ?? history[1];
  const write = history.find((operation) => operation.type === 'ok' && operation.f === 'write') ?? history[1];
  const linearizable: GuaranteeResult = {
    name: 'linearizable-writes',
    title: 'linearizable writes and sync-reads',
    verdict,
    opportunities: 1822,
    leastOpportunities: 10,
    ...(verdict === 'inconclusive'
      ? { reason: 'the time budget of 120 s ran out after 41 of 60 operations of /register/3' }
      : {}),
    evidence:
      verdict === 'violated' && completion !== undefined && write !== undefined
        ? [
            {
              subject: '/register/3',
              sentence: 'read 3 by process 2 at 4.218 s, after write 4 was acknowledged at 4.101 s',
              operations: [
                ...history.filter((o) => Math.abs(o.time - completion.time) < 0.2 * second).slice(0, 8),
                completion,
              ],
              details: {
                'possible states': ['4 (version 9)'],
                'longest linearizable prefix': '41 of 60 operations',
              },
            },
          ]
        : [],
  };
  const exits: Record<Verdict, number> = {
    pass: 0,
    violated: 1,
    inconclusive: 2,
    'not-exercised': 2,
    'not-supported': 2,
  };
  return {
    run: '2026-11-21T10-02-33-register-7',
    ordealVersion: '0.1.0',
    startedAt: '2026-11-21T10:02:33.000Z',
    world: 'sim',
    system: 'zab',
    seed: 7,
    options: {
      on: 'sim',
      systems: ['zab'],
      servers: 5,
      observers: 0,
      workloads: ['register'],
      nemeses: ['partition', 'kill'],
      timeLimitMs: 60000,
      ratePerSecond: 100,
      processes: 10,
      tickMs: null,
      snapCount: null,
      commitLogCount: null,
      mutant: null,
      seed: 7,
      runsDirectory: 'runs',
      checkMemoryBytes: 2 ** 31,
      checkTimeMs: 120000,
    },
    versions: { ordeal: '0.1.0', node: 'v24.0.0' },
    verdict,
    exit: exits[verdict],
    guarantees: [
      linearizable,
      {
        name: 'session-monotonic',
        title: 'sessions never go back',
        verdict: 'pass',
        opportunities: 4100,
        leastOpportunities: 10,
        evidence: [],
      },
      {
        name: 'durability',
        title: 'acknowledged writes are never lost',
        verdict: 'not-exercised',
        opportunities: 0,
        leastOpportunities: 1,
        reason: 'no acknowledged create',
        evidence: [],
      },
    ],
    operations: { ok: 5400, fail: 300, info: 300 },
    faults: [
      {
        nemesis: 'partition',
        shape: 'leader isolated',
        targets: [3],
        startNs: 8 * second,
        endNs: 15 * second,
        proof: 'a probe from 3 to 1 was lost',
        acknowledgedDuring: 512,
      },
      {
        nemesis: 'kill',
        shape: 'kill -9 of one server',
        targets: [2],
        startNs: 30 * second,
        endNs: 37 * second,
        proof: 'no process on server 2',
        acknowledgedDuring: 690,
      },
    ],
    leaders: [
      { sid: 3, startNs: second, endNs: 9 * second },
      { sid: 5, startNs: 10 * second, endNs: null },
    ],
    healNs: 57 * second,
    recoveredNs: 58 * second,
    problems: [],
    simulatedSeconds: 60,
    wallSeconds: 1.9,
    firstOperationSeconds: 0.4,
    traceHash: 'ab12',
    replayCommand: 'npx ordeal run --seed 7 --workload register --nemesis partition,kill',
  };
}
