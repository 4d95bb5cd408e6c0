// How large a run was, in what a reader of its report has to look at. Final reads are the harness's own.

import type { Operation } from '../history/operation.ts';
import type { RunResult, RunSize } from './run-result.ts';

export function sizeOf(result: RunResult, history: Iterable<Operation>, messageCount: number): RunSize {
  const { servers, observers, processes } = result.options;
  const clients = new Set<number>();
  let operations = 0;
  for (const { process, type, f } of history) {
    if (process !== 'nemesis' && type === 'invoke' && !f.startsWith('final-')) {
      clients.add(process % processes);
      operations++;
    }
  }
  return {
    operations,
    faults: result.faults.length,
    servers: servers + observers,
    clients: clients.size,
    messages: messageCount,
    simulatedSeconds: result.simulatedSeconds ?? 0,
  };
}
