// A process of a campaign: takes runs one at a time and answers with their outcomes.

import { runForOutcome } from './outcome.ts';
import type { PoolTask } from './worker-pool.ts';

process.on('message', ({ options, mutantRoot }: PoolTask) => {
  void runForOutcome(options, mutantRoot).then((outcome) => process.send?.(outcome));
});
// The campaign is gone: nobody waits for what is under way.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches every process of the terminal; the campaign decides what happens then.
process.on('SIGINT', () => {});
