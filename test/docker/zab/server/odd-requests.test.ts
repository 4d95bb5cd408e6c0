import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { OpCode } from '../../../../harness/wire/constants.ts';
import { openAcl, type Acl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer, type MemoryClient } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const superDigest = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=';

function alone(...lines: readonly string[]): {
  world: MemoryWorld;
  server: MemoryServer;
  client: MemoryClient;
} {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, { lines });
  world.run(20);
  return { world, server, client: server.client() };
}

const create = (path: string, data = Buffer.alloc(0), acl: readonly Acl[] = openAcl): ClientRequest => ({
  type: 'create',
  path,
  data,
  acl,
  flags: 0,
});
const login = (credentials: string, scheme = 'digest'): ClientRequest => ({
  type: 'auth',
  authType: 0,
  scheme,
  auth: Buffer.from(credentials),
});
const get = (path: string): ClientRequest => ({ type: 'getData', path, watch: false });

function frameOf(xid: number, opcode: number, body: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(xid, 4);
  head.writeInt32BE(opcode, 8);
  return Buffer.concat([head, body]);
}

/** Bytes of the reply, without its length. */
function raw(world: MemoryWorld, client: MemoryClient, opcode: number, hex: string): string | undefined {
  client.write(frameOf(9, opcode, Buffer.from(hex, 'hex')));
  world.run(100);
  return client.frames.shift()?.toString('hex');
}

describe('a request that Apache ZooKeeper answers in its own way', () => {
  it('sasl without SASL: a null token behind zxid 0', () => {
    const { world, client } = alone();

    assert.equal(raw(world, client, OpCode.SASL, '00000001aa'), '00000009000000000000000000000000ffffffff');
    assert.equal(client.call(get('/')).err, 0);
  });

  it('sasl with a null token, or half of one: none, and the connection ends', () => {
    for (const hex of ['ffffffff', '', '00000002aa']) {
      const { world, client } = alone();

      assert.equal(raw(world, client, OpCode.SASL, hex), undefined);
      assert(client.isClosed);
    }
  });

  it('deleteContainer of a client: -8, with a zxid, and nothing is deleted', () => {
    const { world, client } = alone();
    const { zxid } = client.call(create('/c'));

    const reply = Buffer.from(raw(world, client, OpCode.DELETE_CONTAINER, '2f63') ?? '', 'hex');

    assert.equal(reply.readInt32BE(12), -8);
    assert.equal(Number(reply.readBigInt64BE(4)), zxid + 1);
    assert.equal(client.call(get('/c')).err, 0);
  });

  it('sync: the path as it was, null too', () => {
    const { world, client } = alone();

    assert.equal(raw(world, client, OpCode.SYNC, 'ffffffff')?.slice(32), 'ffffffff');
    assert.equal(raw(world, client, OpCode.SYNC, '00000000')?.slice(32), '00000000');
    assert.deepEqual(client.call({ type: 'sync', path: 'any' }).body, { type: 'synced', path: 'any' });
  });

  it('a time to live beyond all numbers: -8', () => {
    const { world, client } = alone('extendedTypesEnabled=true');
    const acl = '000000010000001f00000005776f726c6400000006616e796f6e65';

    for (const ttl of ['7fffffffffffffff', '8000000000000001']) {
      const reply = raw(world, client, OpCode.CREATE_TTL, `000000022f7400000000${acl}00000005${ttl}`);
      assert.equal(Buffer.from(reply ?? '', 'hex').readInt32BE(12), -8);
    }
  });

  it('setWatches with a zxid beyond all numbers: nothing was missed', () => {
    const { world, client } = alone();

    const reply = raw(
      world,
      client,
      OpCode.SET_WATCHES,
      '7fffffffffffffff00000001000000012f0000000000000000',
    );

    assert.equal(Buffer.from(reply ?? '', 'hex').readInt32BE(12), 0);
  });

  it('a reconfig that is cut short: -5, without a zxid of its own', () => {
    const { world, client } = alone();
    const { zxid } = client.call(create('/a'));

    const reply = Buffer.from(raw(world, client, OpCode.RECONFIG, 'ffff') ?? '', 'hex');

    assert.equal(reply.readInt32BE(12), -5);
    assert.equal(Number(reply.readBigInt64BE(4)), zxid);
  });

  it('check alone: its own error, or -6 where it would succeed', () => {
    const { client } = alone();
    client.call(create('/a'));
    const check = (path: string, version: number): ClientRequest => ({ type: 'check', path, version });

    assert.equal(client.call(check('/none', 0)).err, -101);
    assert.equal(client.call(check('/a', 5)).err, -103);
    assert.equal(client.call(check('/a', 0)).err, -6);
  });
});

describe('a multiRead', () => {
  const many = (path: string, count: number): ClientRequest => ({
    type: 'multiRead',
    operations: Array.from({ length: count }, () => ({ type: 'getData' as const, path })),
  });

  it('of more than anybody could take in is refused as a whole', () => {
    const { client } = alone();
    client.call(create('/large', Buffer.alloc(1_000_000)));

    assert.equal(client.call(many('/large', 68)).err, -5);
    assert.equal(client.call(many('/large', 5), 500).err, 0);
  });
});

describe('auth', () => {
  const closed: readonly Acl[] = [{ perms: 31, scheme: 'digest', id: 'alice:hash' }];

  it('makes the user of superDigest a super user, whom no list keeps out', () => {
    const { client } = alone(`DigestAuthenticationProvider.superDigest=${superDigest}`);
    client.call(create('/closed', Buffer.alloc(0), closed));
    assert.equal(client.call(get('/closed')).err, -102);

    client.call(login('super:wrong'));
    assert.equal(client.call(get('/closed')).err, -102);
    client.call(login('super:admin'));

    assert.equal(client.call(get('/closed')).err, 0);
    assert.equal(client.call({ type: 'delete', path: '/closed', version: -1 }).err, 0);
    const { body } = client.call({ type: 'whoAmI' });
    assert(body.type === 'clientInfo');
    assert.deepEqual(
      body.ids.map(({ scheme, user }) => `${scheme}:${user}`),
      ['ip:127.0.0.1', 'digest:super', 'super:', 'digest:super'],
    );
  });

  it('knows no super user where none is named', () => {
    const { client } = alone();
    client.call(create('/closed', Buffer.alloc(0), closed));
    client.call(login('super:admin'));

    assert.equal(client.call(get('/closed')).err, -102);
  });

  it('adds an id once', () => {
    const { client } = alone();
    for (let round = 0; round < 3; round++) client.call(login('bob:secret'));

    const { body } = client.call({ type: 'whoAmI' });

    assert(body.type === 'clientInfo');
    assert.equal(body.ids.length, 2);
  });

  for (const scheme of ['world', 'auth', 'super', 'x509', 'sasl', 'nosuch', '']) {
    it(`with scheme "${scheme}" is refused with -115, and the connection ends`, () => {
      const { client } = alone();

      assert.equal(client.call(login('anyone', scheme)).err, -115);
      assert(client.isClosed);
    });
  }

  it('is not asked for with skipACL', () => {
    const { client } = alone('skipACL=yes');
    client.call(create('/closed', Buffer.alloc(0), closed));

    assert.equal(client.call(get('/closed')).err, 0);
    assert.equal(client.call({ type: 'setData', path: '/closed', data: null, version: -1 }).err, 0);
  });
});
