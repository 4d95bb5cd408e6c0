// Whose answer to a read carries the zxid of the very state that it shows. A bundled server answers between two
// transactions. Of other systems only what sessions rely on is assumed: what they show is no older than its zxid.

import type { ServerDescription } from './ensemble.ts';

export function exactReadServers(
  members: readonly Pick<ServerDescription, 'sid' | 'system'>[],
): ReadonlySet<number> {
  return new Set(members.filter(({ system }) => system === 'zab').map(({ sid }) => sid));
}
