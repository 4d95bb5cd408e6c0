import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type Acl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer, type MemoryClient } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const create = (path: string, acl: readonly Acl[] = openAcl): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from('0'),
  acl,
  flags: 0,
});
const set = (path: string): ClientRequest => ({ type: 'setData', path, data: Buffer.from('1'), version: -1 });
const remove = (path: string): ClientRequest => ({ type: 'delete', path, version: -1 });
const addWatch = (path: string, mode: number): ClientRequest => ({ type: 'addWatch', path, mode });
const exists = (path: string): ClientRequest => ({ type: 'exists', path, watch: true });
const removeWatches = (path: string, watcherType: number): ClientRequest => ({
  type: 'removeWatches',
  path,
  watcherType,
});
const checkWatches = (path: string, watcherType: number): ClientRequest => ({
  type: 'checkWatches',
  path,
  watcherType,
});
const login = (user: string): ClientRequest => ({
  type: 'auth',
  authType: 0,
  scheme: 'digest',
  auth: Buffer.from(`${user}:secret`),
});
/** Everybody may change it, and its author alone may read it. */
const secret: readonly Acl[] = [
  { perms: 30, scheme: 'world', id: 'anyone' },
  { perms: 31, scheme: 'auth', id: '' },
];

function scene(): { world: MemoryWorld; server: MemoryServer; client: MemoryClient; other: MemoryClient } {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, { lines: ['extendedTypesEnabled=true'] });
  world.run(20);
  return { world, server, client: server.client(), other: server.client() };
}

/** Requests one after another, and the events that their author was told meanwhile. */
function tell(world: MemoryWorld, client: MemoryClient, ...requests: readonly ClientRequest[]): string[] {
  const told: string[] = [];
  for (const request of requests) {
    client.send(request);
    world.run(50);
    for (const each of client.take())
      told.push(typeof each === 'string' ? each : `${request.type} ${each.err}`);
  }
  return told;
}

describe('addWatch', () => {
  it('is answered with an error record that says 0, and tells of every change from then on', () => {
    const { world, client } = scene();

    const reply = client.call(addWatch('/a', 0));
    const told = tell(world, client, create('/a'), set('/a'), create('/a/b'), remove('/a/b'), remove('/a'));

    assert.deepEqual(reply.body, { type: 'error', err: 0 });
    assert.deepEqual(told, [
      'event 1 /a',
      'create 0',
      'event 3 /a',
      'setData 0',
      'event 4 /a',
      'create 0',
      'event 4 /a',
      'delete 0',
      'event 2 /a',
      'delete 0',
    ]);
  });

  it('recursive tells of the operations of a multi, in their order', () => {
    const { world, client, other } = scene();
    client.call(addWatch('/', 1));
    other.call({
      type: 'multi',
      operations: [
        { type: 'create', path: '/a', data: null, acl: openAcl, flags: 0 },
        { type: 'create', path: '/a/b', data: null, acl: openAcl, flags: 0 },
        { type: 'setData', path: '/a', data: null, version: 0 },
        { type: 'delete', path: '/a/b', version: 0 },
      ],
    });
    world.run(20);

    assert.deepEqual(client.take(), ['event 1 /a', 'event 1 /a/b', 'event 3 /a', 'event 2 /a/b']);
  });

  it('with a mode that is none is refused with -5', () => {
    const { client } = scene();

    assert.equal(client.call(addWatch('/a', 2)).err, -5);
    assert.equal(client.call(removeWatches('/a', 3)).err, -121);
  });
});

describe('removeWatches and checkWatches', () => {
  it('tell -121 where the connection has no entry of that kind', () => {
    const { world, client, other } = scene();
    client.call(exists('/a'));

    assert.deepEqual(
      tell(world, client, checkWatches('/a', 1), checkWatches('/a', 2), checkWatches('/a', 3)),
      ['checkWatches -121', 'checkWatches 0', 'checkWatches 0'],
    );
    assert.equal(other.call(checkWatches('/a', 2)).err, -121);
    assert.deepEqual(tell(world, client, checkWatches('/a', 4), removeWatches('/a', 0)), [
      'checkWatches -5',
      'removeWatches -5',
    ]);
    assert.deepEqual(tell(world, client, removeWatches('/a', 2), removeWatches('/a', 2), create('/a')), [
      'removeWatches 0',
      'removeWatches -121',
      'create 0',
    ]);
  });

  it('take a persistent watch out of one table at a time', () => {
    const { world, client } = scene();
    client.call(addWatch('/a', 0));

    assert.deepEqual(tell(world, client, removeWatches('/a', 2), create('/a'), create('/a/b')), [
      'removeWatches 0',
      'create 0',
      'event 4 /a',
      'create 0',
    ]);
    assert.deepEqual(tell(world, client, removeWatches('/a', 3), create('/a/c')), [
      'removeWatches 0',
      'create 0',
    ]);
  });
});

describe('setWatches2', () => {
  it('brings persistent watches back without telling what was missed', () => {
    const { world, client } = scene();
    tell(world, client, create('/a'), create('/b'), create('/gone'), remove('/gone'));

    const told = tell(
      world,
      client,
      {
        type: 'setWatches2',
        relativeZxid: 0,
        dataWatches: ['/gone'],
        existWatches: [],
        childWatches: [],
        persistentWatches: ['/a', '/gone'],
        persistentRecursiveWatches: ['/b'],
      },
      set('/a'),
      set('/a'),
      create('/b/c'),
    );

    assert.deepEqual(told, [
      'event 2 /gone',
      'setWatches2 0',
      'event 3 /a',
      'setData 0',
      'event 3 /a',
      'setData 0',
      'event 1 /b/c',
      'create 0',
    ]);
  });
});

describe('events of a znode that a session may not read', () => {
  it('are kept from it, the deletion included, and reach who may read', () => {
    const { world, client, other } = scene();
    client.call(login('owner'));
    client.call(addWatch('/', 1));
    other.call(addWatch('/', 1));

    const told = tell(world, client, create('/s', secret), set('/s'), remove('/s'), create('/open'));

    assert.deepEqual(told, [
      'event 1 /s',
      'create 0',
      'event 3 /s',
      'setData 0',
      'event 2 /s',
      'delete 0',
      'event 1 /open',
      'create 0',
    ]);
    assert.deepEqual(other.take(), ['event 1 /open']);
  });

  it('are judged by the list of the moment of the change', () => {
    const { world, client, other } = scene();
    client.call(login('owner'));
    other.call(addWatch('/', 1));
    client.send(create('/s', secret), { type: 'setACL', path: '/s', acl: openAcl, version: -1 }, set('/s'));
    world.run(100);

    assert.deepEqual(other.take(), ['event 3 /s']);
  });

  it('are kept back when the parent is hidden, and a one-shot watch is spent all the same', () => {
    const { world, client, other } = scene();
    tell(world, client, login('owner'), create('/p'));
    tell(world, other, { type: 'getChildren', path: '/p', watch: true }, exists('/s'));
    tell(world, client, { type: 'setACL', path: '/p', acl: secret, version: -1 });
    tell(world, client, create('/p/c'), create('/s', secret));

    assert.deepEqual(tell(world, other, checkWatches('/p', 1), checkWatches('/s', 2)), [
      'checkWatches -121',
      'checkWatches -121',
    ]);
  });

  it('are kept back in the catch-up of setWatches too', () => {
    const { world, client, other } = scene();
    tell(world, client, login('owner'), create('/s', secret), create('/open'));

    const told = tell(world, other, {
      type: 'setWatches',
      relativeZxid: 0,
      dataWatches: ['/s', '/open', '/gone'],
      existWatches: ['/s'],
      childWatches: [],
    });

    assert.deepEqual(told, ['event 3 /open', 'event 2 /gone', 'setWatches 0']);
  });
});
