// How large a run was, in what a reader of its report has to look at.

import type { Operation } from '../history/operation.ts';
import type { RunResult, RunSize } from './run-result.ts';

export function sizeOf(result: RunResult, history: readonly Operation[], messageCount: number): RunSize {
  const { ok, fail, info } = result.operations;
  const { servers, observers, processes } = result.options;
  const clients = new Set<number>();
  for (const { process, type, f } of history) {
    if (process !== 'nemesis' && type === 'invoke' && !f.startsWith('final-'))
      clients.add(process % processes);
  }
  return {
    operations: ok + fail + info,
    faults: result.faults.length,
    servers: servers + observers,
    clients: clients.size,
    messages: messageCount,
    simulatedSeconds: result.simulatedSeconds ?? 0,
  };
}
