// A thread that judges files for `ordeal check`. The command ends it where it stands when its time is over, so
// everything that it has found is told at once.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';
import { checkListAppend, isListAppend, listAppend } from '../../checkers/cycles/list-append.ts';
import { splitHistory } from '../../checkers/linearizability/check-history.ts';
import type { KeyedHistory } from '../../checkers/linearizability/check-history.ts';
import { ModelError } from '../../checkers/models/model.ts';
import { defaultModels } from '../../checkers/models/models.ts';
import { formatOf, readHistory } from '../history/formats/read-history.ts';
import { HistoryError } from '../history/history-error.ts';
import { runFiles } from '../run/run-folder.ts';
import type { CheckMessage, SharedTask } from './check-messages.ts';
import { mostKeysShown } from './check-messages.ts';
import { judgeGuarantees } from './judge-guarantees.ts';
import { loadModel, OwnModelError } from './load-model.ts';

parentPort?.on('message', (task: SharedTask) => {
  judge(task).then(
    () => tell({ type: 'done' }),
    (error: unknown) => {
      tell(describeFailure(error));
      tell({ type: 'done' });
    },
  );
});

async function judge(task: SharedTask): Promise<void> {
  const isFolder = existsSync(task.file) && statSync(task.file).isDirectory();
  const path = isFolder ? join(task.file, runFiles.history) : task.file;
  const format = task.format ?? formatOf(path);
  if (task.model === null && format === 'ordeal') {
    // It passes by once for all guarantees: there is nothing for a second thread to do.
    if (Atomics.add(new Int32Array(task.share), 0, 1) > 0) return;
    tell({ type: 'begun', format, model: 'guarantees', subjects: null });
    tell({ type: 'judged', findings: await judgeGuarantees(path, task.budget) });
    return;
  }
  const { history } = readHistory(path, format);
  const name = task.model ?? (isListAppend(history) ? listAppend.name : defaultModels[format]);
  if (name === listAppend.name) {
    tell({ type: 'begun', format, model: name, subjects: null });
    tell({ type: 'judged', findings: checkListAppend(history) });
    return;
  }
  const model = await loadModel(name);
  const keyed = splitHistory(history, model, { isDivided: task.isDivided });
  tell({ type: 'begun', format, model: model.name, subjects: keyed.subjects });
  judgeKeys(keyed, task);
}

/** Takes one key after another until all are taken, by this thread or its fellows. */
function judgeKeys(keyed: KeyedHistory, { share, ordered, budget }: SharedTask): void {
  const counters = new Int32Array(share);
  const progress = new Int32Array(ordered);
  const threads = counters[1] as number;
  const count = keyed.subjects.length;
  const deadlineMs = performance.now() + budget.timeMs;
  for (let index = Atomics.add(counters, 0, 1); index < count; index = Atomics.add(counters, 0, 1)) {
    const leftMs = Math.max(0, deadlineMs - performance.now());
    const limits = {
      // As many keys are searched at once as there are threads.
      timeMs: Math.min(leftMs, (leftMs * threads) / (count - index)),
      memoryBytes: budget.memoryBytes / threads,
      nowMs: () => performance.now(),
      noteOrdered(operations: number) {
        if (index < mostKeysShown) Atomics.store(progress, index, operations);
      },
    };
    const verdict = keyed.check(index, limits, (found) => tell({ type: 'key', index, verdict: found }));
    tell({ type: 'key', index, verdict });
  }
}

function tell(message: CheckMessage): void {
  parentPort?.postMessage(message, []);
}

function describeFailure(error: unknown): CheckMessage {
  if (error instanceof HistoryError || error instanceof ModelError || error instanceof OwnModelError) {
    return { type: 'refused', message: error.message };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { type: 'crashed', message };
}
