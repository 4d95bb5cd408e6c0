// A set that only grows: unique znodes are created under one parent, and at the end every server is asked for
// all of them. An acknowledged element that a server lacks is lost; one that was refused for certain and is
// there nevertheless came back from the dead.

import { durability } from '../checkers/durability.ts';
import { recovery } from '../checkers/recovery.ts';
import { replicasAgree } from '../checkers/replicas-agree.ts';
import { sessionMonotonic } from '../checkers/session-monotonic.ts';
import type { Client } from '../harness/client/client.ts';
import { ensureZnode, readPair, removeChildren, unlessAbsent } from './znodes.ts';
import type { Outcome, Request, Workload, WorkloadRun } from './workload.ts';

const parent = '/set';
const nothing = Buffer.alloc(0);

export const setWorkload: Workload = {
  name: 'set',
  description: 'unique creates under one parent, read back from every server at the end',
  checkers: [durability, replicasAgree, sessionMonotonic, recovery],
  leastAcknowledged: 20,
  create: () => new SetRun(),
};

class SetRun implements WorkloadRun {
  #lastElement = 0;

  async setup(client: Client): Promise<void> {
    await ensureZnode(client, parent, nothing);
    // Elements of an earlier run on the same ensemble would read as elements that nobody added.
    await removeChildren(client, parent);
  }

  next(): Request {
    return { f: 'add', value: [parent, ++this.#lastElement] };
  }

  async invoke(client: Client, request: Request): Promise<Outcome> {
    const [key, argument] = readPair(request);
    switch (request.f) {
      case 'add': {
        const { zxid } = await client.create(pathOf(argument as number), nothing);
        return { value: [key, argument], zxid };
      }
      case 'final-read': {
        const found = await unlessAbsent(client.getChildren(parent));
        // Setup was acknowledged, so this server lost the parent and with it every element.
        if ('absent' in found) return { value: [key, []], zxid: found.zxid };
        const { children, zxid } = found;
        return { value: [key, children.map(elementOf).sort((a, b) => a - b)], zxid };
      }
      default:
        throw new Error(`the set workload knows no operation ${request.f}`);
    }
  }

  finalReads(): readonly Request[] {
    return [{ f: 'final-read', value: [parent, null] }];
  }
}

function pathOf(element: number): string {
  return `${parent}/e${String(element).padStart(7, '0')}`;
}

/** A name that is no element reads as −1, so that a checker sees that there is something foreign. */
function elementOf(child: string): number {
  return /^e\d{7,}$/.test(child) ? Number(child.slice(1)) : -1;
}
