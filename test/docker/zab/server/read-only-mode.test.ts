import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string, flags = 0): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('1'),
  acl: openAcl,
  flags,
});
const get: ClientRequest = { type: 'getData', path: '/l', watch: true };
const writes: readonly ClientRequest[] = [
  create('/ro'),
  { type: 'sync', path: '/' },
  { type: 'setData', path: '/l', data: null, version: -1 },
  { type: 'delete', path: '/l', version: -1 },
  { type: 'multi', operations: [{ type: 'delete', path: '/l', version: -1 }] },
];
const both = ['readonlymode.enabled=true', 'localSessionsEnabled=true', 'localSessionsUpgradingEnabled=true'];

/** Server 1 of three, the others gone for longer than it waits; `/l` and an ephemeral are committed. */
function minority(lines: readonly string[] = both) {
  const world = new MemoryWorld();
  const servers = [1, 2, 3].map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3], lines }));
  world.run(1_500);
  const [server, ...others] = servers as [MemoryServer, MemoryServer, MemoryServer];
  const client = server.client({ timeoutMs: 4_000 });
  client.call(create('/l'));
  client.call(create('/l/e', 1));
  for (const { host } of others) world.cut.add(host);
  world.run(1_500);
  assert(!server.server.isServing);
  const refused = server.client({ readOnly: true });
  assert(refused.isClosed && refused.session === null, 'not before it has been LOOKING for two seconds');
  world.run(3_000);
  return { world, server, client };
}

describe('a server without a quorum, in read-only mode', () => {
  it('shows what it has to clients that can do with reads, and refuses everything else with -119', () => {
    const { server } = minority();
    const client = server.client({ readOnly: true });
    assert.equal(client.session?.readOnly, true);

    const { err, body, zxid } = client.call(get);
    assert.equal(err, 0);
    assert.equal(body.type === 'data' ? body.data?.toString() : '', '1');
    for (const write of writes) {
      const refused = client.call(write);
      assert.deepEqual([refused.err, refused.zxid], [-119, zxid], write.type);
    }
    assert.equal(client.call({ type: 'ping' }).err, 0);
    assert.equal(client.call({ type: 'closeSession' }).err, 0);
    assert(client.isClosed);
  });

  it('refuses clients that did not ask for that, and sessions that only a quorum can judge, without a byte', () => {
    const { server, client } = minority();
    assert(client.isClosed && client.session !== null);
    for (const options of [
      { readOnly: false },
      { readOnly: null },
      { readOnly: true, previous: client.session },
      { readOnly: true, lastZxidSeen: 2 ** 40 },
    ]) {
      const refused = server.client(options);
      assert(refused.isClosed);
      assert.equal(refused.session, null);
    }
  });

  it('answers a session that nobody knows with a timeout of 0', () => {
    const { server } = minority();
    const client = server.client({ readOnly: true });
    assert(client.session !== null);
    client.call({ type: 'closeSession' });

    const late = server.client({ readOnly: true, previous: client.session });
    assert.equal(late.session?.timeoutMs, 0);
    assert(late.isClosed);
  });

  it('without local sessions answers a new session by an error reply, as captured', () => {
    const { server } = minority(['readonlymode.enabled=true']);
    const bytes =
      '0000002d000000000000000000000000000017700000000000000000000000100000000000000000000000000000000001';
    const client = server.client({ raw: Buffer.from(bytes, 'hex') });

    const answer = Buffer.concat(client.chunks).toString('hex');
    assert.match(answer, /^0000001000000000[0-9a-f]{16}ffffff89$/);
  });

  it('says so to four-letter words', () => {
    const { server } = minority();
    assert.equal(server.word('isro'), 'ro');
    assert.match(server.word('srvr'), /^Z.*\nREAD-ONLY mode; serving only read-only clients\nLatency/);
    assert.match(server.word('srvr'), /\nMode: read-only\nNode count: 7\n$/);
    assert.match(server.word('mntr'), /zk_server_state\tread-only\n/);
  });

  it('ends with all its connections when there is a quorum again', () => {
    const { world, server } = minority();
    const client = server.client({ readOnly: true });
    client.call(get);
    world.cut.clear();
    for (let waited = 0; !server.server.isServing && waited < 6_000; waited += 50) world.run(50);

    assert(server.server.isServing);
    assert(client.isClosed);
    assert.equal(server.word('isro'), 'rw');
    assert(client.session !== null);
    const again = server.client({ previous: client.session });
    world.run(100);
    assert.equal(again.session?.timeoutMs, 0, 'the session was known in read-only mode only');
    const other = server.client({ readOnly: true });
    assert.equal(other.session?.readOnly, false);
    assert.equal(other.call(create('/rw')).err, 0);
  });

  it('shows its log after a restart, and still cuts what turns out not to be committed', () => {
    const { world, server } = minority();
    server.restart();
    world.run(3_000);
    const client = server.client({ readOnly: true });
    assert.equal(client.call(get).err, 0);

    world.cut.clear();
    for (let waited = 0; !server.server.isServing && waited < 6_000; waited += 50) world.run(50);
    assert(server.server.isServing);
    assert.equal(server.client().call(get).err, 0);
    assert.equal(server.exited, null);
  });

  it('is not served where it is not enabled', () => {
    const { server } = minority(['localSessionsEnabled=true', 'localSessionsUpgradingEnabled=true']);
    const client = server.client({ readOnly: true });
    assert(client.isClosed && client.session === null);
    assert.equal(server.word('isro'), 'null');
  });
});
