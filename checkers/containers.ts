// A container goes only when it has had a child and has none. When it goes is up to the server (it looks now and
// then, and removes so many in a minute), so that one that stays is never wrong.

import { conclude } from './conclude.ts';
import { describeTime, operationsOf, timeOf } from './describe.ts';
import { perishableFunctions, perishableHistoryOf, sureChildren } from './perishable-calls.ts';
import type { Perishable } from './perishable-calls.ts';
import type { Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 5;

export const containers: Checker = wholeHistory({
  name: 'containers',
  title: 'containers go when they are empty again',
  description: 'a container is removed only when it has had a child and has none',
  concerns: named(...perishableFunctions),
  check(history) {
    const { perishables } = perishableHistoryOf(history);
    const own = perishables.filter(({ kind }) => kind === 'container');
    return conclude(containers, {
      history,
      opportunities: own.reduce((sum, container) => sum + opportunitiesOf(container), 0),
      leastOpportunities,
      opportunity: 'removed containers, and looks at containers that must be there',
      evidence: own.flatMap((container) => findBereft(container) ?? findNeverUsed(container) ?? []),
      doubts: [],
    });
  },
});

function opportunitiesOf(container: Perishable): number {
  const { presences, absence } = container;
  const kept = presences.filter((look) => mustBeThere(container, timeOf(look))).length;
  return kept + Number(absence !== null);
}

function mustBeThere(container: Perishable, time: number): boolean {
  return !wasUsed(container, time) || sureChildren(container, time).some(([, child]) => timeOf(child) < time);
}

/** Whether it can have had a child by then. */
function wasUsed({ children }: Perishable, time: number): boolean {
  return [...children.values()].some(({ askedFrom }) => askedFrom < time);
}

/** Its parent has gone, and nobody had asked to delete the child; of either kind. */
export function findBereft({ absence, ...perishable }: Perishable): Evidence | null {
  if (absence === null) return null;
  const [child] = sureChildren({ ...perishable, absence }, timeOf(absence));
  if (child === undefined) return null;
  const [name, created] = child;
  return {
    subject: perishable.path,
    sentence: `it was gone at ${describeTime(timeOf(absence))}, although its child ${name} was acknowledged at ${describeTime(timeOf(created))} and nobody had asked to delete that`,
    operations: [...operationsOf(created), ...operationsOf(absence)],
  };
}

function findNeverUsed(container: Perishable): Evidence | null {
  const { path, absence, created } = container;
  if (absence === null || wasUsed(container, timeOf(absence))) return null;
  return {
    subject: path,
    sentence: `it was created at ${describeTime(timeOf(created))} and gone at ${describeTime(timeOf(absence))}, although nobody had asked for a child of it by then (znode.container.maxNeverUsedIntervalMs allows that, and is off unless set)`,
    operations: [...operationsOf(created), ...operationsOf(absence)],
  };
}
