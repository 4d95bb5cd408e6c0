// A fault of a run that is told when to harm whom, instead of drawing it. Shape and targets are what a nemesis
// planned once; who leads now may differ, so it plans until the shape is the same, and the targets if they can be.

import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { createDealer } from './dealer.ts';
import type { Random } from '../random/random.ts';

export interface ScriptedFault {
  readonly nemesis: string;
  readonly shape: string;
  readonly targets: readonly number[];
  /** After the workload began. */
  readonly atMs: number;
  /** Between its proof and its healing. */
  readonly lastsMs: number;
}

/** Shapes are few; a nemesis that was dealt another one this often has no such shape here. */
const mostPlans = 48;

/** The plan that comes nearest to what the script says. */
export async function planScripted(
  scripted: ScriptedFault,
  options: { readonly nemesis: Nemesis; readonly tools: FaultTools; readonly random: Random },
): Promise<{ readonly fault: Fault; readonly tools: FaultTools }> {
  const { nemesis, tools, random } = options;
  const { clock, tickMs } = tools.ensemble;
  const latestNs = clock.nowNs() + tickMs * 1e6;
  let best: { readonly fault: Fault; readonly tools: FaultTools; readonly likeness: number } | null = null;
  for (let attempt = 0; attempt < mostPlans; attempt++) {
    const own = random.fork(`plan ${attempt}`);
    const tried = { ...tools, random: own.fork('fault'), deal: createDealer(own.fork('shapes')) };
    const fault = await nemesis.plan(tried);
    const likeness = likenessOf(fault, scripted);
    if (best === null || likeness > best.likeness) best = { fault, tools: tried, likeness };
    // Planning waits for a leader; where there is none, more plans would be of no use.
    if (likeness === 2 || clock.nowNs() > latestNs) break;
  }
  if (best === null) throw new RangeError('no plan was tried');
  return best;
}

function likenessOf({ shape, targets }: Fault, wanted: ScriptedFault): number {
  if (shape !== wanted.shape) return 0;
  return targets.join() === wanted.targets.join() ? 2 : 1;
}
