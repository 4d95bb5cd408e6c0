// A whole tree as a client of one server sees it: every znode with its data, ACL, children and full Stat, as
// text that compares. Behind a sync, so that servers can be compared with each other.

import assert from 'node:assert/strict';
import type { ClientRequest } from '../../../harness/wire/records.ts';
import { RawClient } from '../zab/io/raw-client.ts';

type Pending = readonly [path: string, request: ClientRequest];

/** Path, then one line; znodes that servers keep for themselves are left out. */
export async function readTree(port: number): Promise<Map<string, string>> {
  const client = await RawClient.connect(port);
  try {
    // Everything may be read by those who know the password; see `load.ts`.
    await client.call({ type: 'auth', authType: 0, scheme: 'digest', auth: Buffer.from('alice:secret') });
    await client.call({ type: 'sync', path: '/' });
    const tree = new Map<string, string>();
    let paths = ['/'];
    while (paths.length > 0) {
      const below: string[] = [];
      for (const path of paths) {
        const { line, children } = await readZnode(client, path);
        tree.set(path, line);
        for (const child of children) below.push(path === '/' ? `/${child}` : `${path}/${child}`);
      }
      paths = below.filter((path) => path !== '/zookeeper/config').sort();
    }
    return tree;
  } finally {
    client.socket.destroy();
  }
}

async function readZnode(
  client: RawClient,
  path: string,
): Promise<{ readonly line: string; readonly children: readonly string[] }> {
  const requests: readonly Pending[] = [
    ['data', { type: 'getData', path, watch: false }],
    ['acl', { type: 'getACL', path }],
    ['children', { type: 'getChildren2', path, watch: false }],
  ];
  for (const [, request] of requests) client.send(request);
  const [data, acl, children] = [
    await client.reply(requests[0]![1]),
    await client.reply(requests[1]![1]),
    await client.reply(requests[2]![1]),
  ];
  assert(
    data.body.type === 'data' && acl.body.type === 'acl' && children.body.type === 'childrenAndStat',
    path,
  );
  const names = [...children.body.children].sort();
  const line = JSON.stringify({
    data: data.body.data?.toString('base64') ?? null,
    acl: acl.body.acl,
    children: names,
    stat: data.body.stat,
  });
  return { line, children: names };
}
