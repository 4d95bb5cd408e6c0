// Calls of the container-ttl workload, drawn by hand. Each takes a millisecond unless told otherwise.

import type { Drawn } from './draw.ts';

export type More = Partial<Omit<Drawn, 'f' | 'value' | 'result'>> & { readonly from: number };

export const root = '/container-ttl';

function call(f: string, path: string, argument: unknown, more: More): Drawn {
  return { f, value: [path, argument], to: more.from + 1, ...more };
}

export function container(path: string, more: More): Drawn {
  return call('container-create', path, null, { zxid: 10, ...more });
}

export function ttl(path: string, ttlMs: number, more: More): Drawn {
  return { ...call('ttl-create', path, ttlMs, { zxid: 10, ...more }), result: [path, { ttlMs }] };
}

export function refusedTtl(path: string, more: More): Drawn {
  return { ...call('ttl-create', path, 1000, more), result: [path, { isRefused: true }] };
}

export function ttlWrite(path: string, more: More): Drawn {
  return call('ttl-write', path, null, more);
}

export function child(f: 'child-create' | 'child-delete', path: string, name: string, more: More): Drawn {
  return call(f, path, name, more);
}

/** Null: it was not there. */
export function look(path: string, childCount: number | null, more: More): Drawn {
  return { ...call('perishable-look', path, null, { zxid: 20, ...more }), result: [path, childCount] };
}

export function finalList(names: readonly string[], more: More): Drawn {
  return {
    ...call('final-perishables', root, null, { zxid: 20, server: 1, ...more }),
    result: [root, names],
  };
}
