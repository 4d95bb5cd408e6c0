// A request that knows the place of its process, for workloads that learn from an answer what that process does next.

import type { Request } from './workload.ts';

export interface PlacedRequest extends Request {
  /** Of the process, which renumbered ones share. */
  readonly place: number;
}

/** Undefined for requests that no process made, such as final reads. */
export function placeOf(request: Request): number | undefined {
  return 'place' in request ? (request as PlacedRequest).place : undefined;
}
