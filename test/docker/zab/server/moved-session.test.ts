import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest, type ConnectResponse } from '../../../../harness/wire/records.ts';
import { MemoryServer, type MemoryClient, type Received } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const set = (text: string): ClientRequest => ({
  type: 'setData',
  path: '/a',
  data: Buffer.from(text),
  version: -1,
});
const multi = (...operations: Extract<ClientRequest, { type: 'setData' }>[]): ClientRequest => ({
  type: 'multi',
  operations,
});
const setInMulti = set('m') as Extract<ClientRequest, { type: 'setData' }>;
const xid = 100;

interface Move {
  readonly first: ClientRequest;
  readonly second: ClientRequest;
  readonly to: 'follower' | 'leader' | 'same server';
}

/** Sends `first` through a follower and, while it is in flight, `second` with its xid on the next connection. */
function move({ first, second, to }: Move): {
  reply: Received | undefined;
  data: string;
  servers: MemoryServer[];
} {
  const world = new MemoryWorld();
  const servers = [1, 2, 3].map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3] }));
  world.run(1_500);
  const leader = servers.find(({ server }) => server.mode === 'leader') as MemoryServer;
  const [here, there] = servers.filter((server) => server !== leader) as [MemoryServer, MemoryServer];
  const old = here.client();
  world.run(50);
  old.call({ type: 'create', path: '/a', data: Buffer.from('0'), acl: openAcl, flags: 0 });
  for (const server of servers) server.diskMs = 60;

  old.write(old.encode(first, xid));
  const next = { follower: there, leader, 'same server': here }[to];
  const client = attach(next, old.session);
  client.write(client.encode(second, xid));
  world.run(500);

  const [reply] = client.replies();
  const body = client.isClosed ? null : client.call({ type: 'getData', path: '/a', watch: false }).body;
  return { reply, data: body?.type === 'data' ? String(body.data) : 'closed', servers };
}

function attach(server: MemoryServer, previous: ConnectResponse | null): MemoryClient {
  assert(previous !== null, 'the session exists');
  return server.client({ previous });
}

describe('a session that moves with a write in flight', () => {
  for (const to of ['follower', 'leader', 'same server'] as const) {
    it(`gets the answer to its own request from the ${to}, though the xid is used again`, () => {
      const { reply, data, servers } = move({ first: set('old'), second: set('new'), to });

      assert(reply?.body.type === 'stat', 'it is answered');
      assert.equal(reply.body.stat.version, 2, 'both writes are shown');
      assert.equal(data, 'new');
      assert(servers.every(({ exited }) => exited === null));
    });

    it(`does no harm to the ${to} when the xid was another operation's`, () => {
      for (const [first, second] of [
        [multi(setInMulti), set('new')],
        [set('old'), multi(setInMulti, setInMulti)],
        [multi(setInMulti), multi(setInMulti, setInMulti)],
      ] as const) {
        const { reply, servers } = move({ first, second, to });

        assert.equal(reply?.err, 0);
        assert.equal(reply.body.type, second.type === 'multi' ? 'multi' : 'stat');
        if (reply.body.type === 'multi') assert.equal(reply.body.results.length, 2);
        assert(servers.every(({ server, exited }) => exited === null && server.isServing));
      }
    });
  }
});
