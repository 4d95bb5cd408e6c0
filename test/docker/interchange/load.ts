// Something of everything that a data directory can hold: plain, sequential, container, TTL and ephemeral
// znodes, ACLs, null data, multis that succeed and fail, deletions, sessions closed and left open.

import type { Acl, ClientRequest } from '../../../harness/wire/records.ts';
import { openAcl } from '../../../harness/wire/records.ts';
import { RawClient } from '../zab/io/raw-client.ts';

const secret: readonly Acl[] = [{ perms: 31, scheme: 'digest', id: 'alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=' }];
const mixed: readonly Acl[] = [
  { perms: 1, scheme: 'world', id: 'anyone' },
  { perms: 31, scheme: 'auth', id: '' },
  { perms: 2, scheme: 'ip', id: '10.0.0.0/8' },
];

const persistent = 0;
const ephemeral = 1;
const sequential = 2;
const container = 4;
const withTtl = 5;

function create(path: string, data: string | null, flags = persistent, acl = openAcl): ClientRequest {
  return { type: 'create2', path, data: data === null ? null : Buffer.from(data), acl, flags };
}

/**
 * Writes below `/<name>` through one server. Returns the client: its session and its ephemerals live on until
 * it is closed. `rounds` makes the log long enough for snapshots.
 */
export async function writeLoad(port: number, name: string, rounds: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  const root = `/${name}`;
  const requests: ClientRequest[] = [
    { type: 'auth', authType: 0, scheme: 'digest', auth: Buffer.from('alice:secret') },
    create(root, 'load'),
    create(`${root}/null`, null),
    create(`${root}/empty`, ''),
    create(`${root}/größe`, 'not ASCII'),
    create(`${root}/secret`, 'hidden', persistent, secret),
    create(`${root}/mixed`, 'several', persistent, mixed),
    create(`${root}/ephemeral`, 'here', ephemeral),
    create(`${root}/queue`, ''),
    {
      type: 'createContainer',
      path: `${root}/container`,
      data: Buffer.from('c'),
      acl: openAcl,
      flags: container,
    },
    {
      type: 'createTTL',
      path: `${root}/ttl`,
      data: Buffer.from('t'),
      acl: openAcl,
      flags: withTtl,
      ttl: 3_600_000,
    },
    create(`${root}/container/child`, ''),
    { type: 'setACL', path: `${root}/empty`, acl: mixed, version: 0 },
  ];
  for (let round = 0; round < rounds; round += 1) {
    requests.push(
      create(`${root}/queue/n-`, `${round}`, sequential),
      { type: 'setData', path: root, data: Buffer.alloc(200, round), version: -1 },
      {
        type: 'multi',
        operations: [
          {
            type: 'create',
            path: `${root}/m${round}`,
            data: Buffer.from('m'),
            acl: openAcl,
            flags: persistent,
          },
          { type: 'setData', path: `${root}/m${round}`, data: Buffer.from('again'), version: 0 },
          { type: 'check', path: root, version: -1 },
          ...(round === 0 ? [] : [{ type: 'delete' as const, path: `${root}/m${round - 1}`, version: 1 }]),
        ],
      },
      // Fails as a whole, and takes a zxid.
      {
        type: 'multi',
        operations: [
          { type: 'create', path: `${root}/never`, data: null, acl: openAcl, flags: persistent },
          { type: 'check', path: root, version: 999_999 },
        ],
      },
      { type: 'delete', path: `${root}/absent`, version: -1 },
    );
  }
  for (const request of requests) client.send(request);
  for (const request of requests) await client.reply(request);
  await writeAndClose(port, root);
  return client;
}

/** A session that ends, and takes its ephemerals with it. */
async function writeAndClose(port: number, root: string): Promise<void> {
  const client = await RawClient.connect(port);
  await client.call(create(`${root}/gone`, 'soon', ephemeral));
  await client.call({ type: 'closeSession' });
  client.socket.destroy();
}
