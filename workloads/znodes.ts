// What workloads share about znodes: preparing one so that it can be repeated until it succeeds, and taking
// apart the `[key, value]` pairs of requests.

import { ClientError } from '../harness/client/client.ts';
import type { Client } from '../harness/client/client.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import type { Request } from './workload.ts';

/**
 * Creates a znode unless it is there. With `pristine` it also has this data at version 0 afterwards: on an
 * ensemble that somebody else runs, an earlier run may have left it behind.
 */
export async function ensureZnode(
  client: Client,
  path: string,
  data: Buffer,
  options: { readonly pristine?: boolean } = {},
): Promise<void> {
  if (await createIfAbsent(client, path, data)) return;
  if (options.pristine !== true) return;
  const found = await client.getData(path);
  if (found.stat.version === 0 && found.data.equals(data)) return;
  await client.delete(path, -1);
  await client.create(path, data);
}

/** Takes away what an earlier run left below a znode. */
export async function removeChildren(client: Client, path: string): Promise<void> {
  const { children } = await client.getChildren(path);
  for (const child of children) await client.delete(`${path}/${child}`, -1);
}

/** False when it was there already. */
async function createIfAbsent(client: Client, path: string, data: Buffer): Promise<boolean> {
  try {
    await client.create(path, data);
    return true;
  } catch (error) {
    if (error instanceof ClientError && error.code === ErrorCode.NODE_EXISTS) return false;
    throw error;
  }
}

/** What a write needs to know first: what fails here leaves nothing of it, whatever came of the preparation. */
export async function prepare<T>(preparation: () => Promise<T>): Promise<T> {
  try {
    return await preparation();
  } catch (error) {
    if (!(error instanceof ClientError) || error.definite) throw error;
    throw new ClientError(`nothing was written yet: ${error.message}`, { kind: error.kind, definite: true });
  }
}

/** The reply, or that there is no such znode as of this zxid. */
export async function unlessAbsent<T>(
  reply: Promise<T>,
): Promise<T | { readonly absent: true; readonly zxid: number }> {
  try {
    return await reply;
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== ErrorCode.NO_NODE) throw error;
    return { absent: true, zxid: error.zxid ?? 0 };
  }
}

/** The key of a request, and what is asked of it. */
export function readPair(request: Request): readonly [key: string, argument: unknown] {
  const pair = request.value;
  if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') {
    throw new Error(`${request.f} expects [key, value], was given ${JSON.stringify(pair)}`);
  }
  return [pair[0], pair[1]];
}
