// Looks at znodes that belong to sessions: who owns them, and since when.

import { ClientError } from '../harness/client/client.ts';
import type { Client, Reply } from '../harness/client/client.ts';
import type { Stat } from '../harness/wire/records.ts';
import type { Outcome } from './workload.ts';
import { unlessAbsent } from './znodes.ts';

/** `[path, {owner, czxid}]`, or `[path, null]` where there is no such znode. */
export async function lookAt(client: Client, path: string): Promise<Outcome> {
  return outcomeOf(path, await client.exists(path));
}

/** Both are sent at once; the read is behind the barrier. */
export async function syncAndLookAt(client: Client, path: string): Promise<Outcome> {
  const [sync, look] = await Promise.allSettled([client.sync(path), client.exists(path)]);
  if (sync.status === 'rejected') throw sync.reason;
  if (look.status === 'rejected') throw look.reason;
  return outcomeOf(path, look.value);
}

/** `[root, {name: {owner, czxid}}]`: all that is there, at one moment as far as one server can tell. */
export async function listOwners(client: Client, root: string): Promise<Outcome> {
  const found = await unlessAbsent(client.getChildren(root));
  if ('absent' in found) return { value: [root, {}], zxid: found.zxid };
  const names = [...found.children].sort();
  const reads = await Promise.all(names.map((name) => client.exists(`${root}/${name}`)));
  const owners = names.flatMap((name, index) => {
    const stat = reads[index]?.stat ?? null;
    return stat === null ? [] : [[name, ownerIn(stat)] as const];
  });
  return { value: [root, Object.fromEntries(owners)], zxid: found.zxid };
}

/** Deletes where it may be gone already. The znode of an ephemeral has no other version than its first. */
export async function deleteZnode(client: Client, path: string): Promise<Outcome> {
  const { zxid } = await client.delete(path, -1);
  return { value: [path, null], zxid };
}

export function isInDoubt(error: unknown): boolean {
  return error instanceof ClientError && !error.definite;
}

function outcomeOf(path: string, { stat, zxid }: Reply & { readonly stat: Stat | null }): Outcome {
  return { value: [path, stat === null ? null : ownerIn(stat)], zxid };
}

function ownerIn({ ephemeralOwner, czxid }: Stat): unknown {
  return { owner: ephemeralOwner, czxid };
}
