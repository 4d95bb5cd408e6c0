import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ContainerSweep } from '../../../../docker/zab/src/server/container-sweep.ts';
import { CreateFlags, OpCode } from '../../../../harness/wire/constants.ts';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { create, setData } from '../state/requests.ts';
import { StateServer, startTimeMs } from '../state/state-server.ts';
import { MemoryServer, type MemoryClient } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const lines = ['extendedTypesEnabled=true', 'znode.container.checkIntervalMs=1000'];

const createContainer = (path: string): ClientRequest => ({
  type: 'createContainer',
  path,
  data: null,
  acl: openAcl,
  flags: CreateFlags.CONTAINER,
});
const createTtl = (path: string, ttl: number): ClientRequest => ({
  type: 'createTTL',
  path,
  data: null,
  acl: openAcl,
  flags: CreateFlags.PERSISTENT_WITH_TTL,
  ttl,
});
const plain = (path: string): ClientRequest => create(path);
const remove = (path: string): ClientRequest => ({ type: 'delete', path, version: -1 });

function isThere(client: MemoryClient, path: string): boolean {
  return client.call({ type: 'exists', path, watch: false }, 20).err === 0;
}

function alone(): { world: MemoryWorld; server: MemoryServer; client: MemoryClient } {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, { lines });
  world.run(20);
  return { world, server, client: server.client({ timeoutMs: 4_000 }) };
}

/** Lets time pass without letting the session expire. */
function wait(world: MemoryWorld, client: MemoryClient, durationMs: number): void {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
    client.send({ type: 'ping' });
    world.run(500);
  }
  client.take();
}

describe('a container', () => {
  it('goes when its last child has gone, and tells who watches it', () => {
    const { world, client } = alone();
    client.call(createContainer('/c'));
    client.call(plain('/c/child'));
    wait(world, client, 1_500);
    assert(isThere(client, '/c'));

    client.call(remove('/c/child'));
    client.call({ type: 'getData', path: '/c', watch: true });
    client.send({ type: 'ping' });
    world.run(1_500);

    assert(client.take().includes('event 2 /c'));
    assert(!isThere(client, '/c'));
  });

  it('that never had a child stays', () => {
    const { world, client } = alone();
    client.call(createContainer('/c'));
    wait(world, client, 3_000);

    assert(isThere(client, '/c'));
  });

  it('is found again after a restart', () => {
    const { world, server, client } = alone();
    client.call(createContainer('/c'));
    client.call(plain('/c/child'));
    client.call(remove('/c/child'));
    server.restart();
    world.run(50);

    const next = server.client({ timeoutMs: 4_000 });
    assert(isThere(next, '/c'));
    wait(world, next, 1_500);
    assert(!isThere(next, '/c'));
  });

  it('of an ensemble is removed by whoever leads, on every server', () => {
    const world = new MemoryWorld();
    const servers = [1, 2, 3].map((sid) => new MemoryServer(world, { sid, servers: [1, 2, 3], lines }));
    world.run(3_000);
    const [first] = servers as [MemoryServer];
    const client = first.client({ timeoutMs: 4_000 });
    client.call(createContainer('/c'));
    client.call(plain('/c/child'));
    client.call(remove('/c/child'));
    wait(world, client, 2_000);

    const others = servers.map((server) => server.client());
    assert.deepEqual(
      others.map((other) => isThere(other, '/c')),
      [false, false, false],
    );
  });
});

describe('a znode with a time to live', () => {
  it('goes when it was not written for longer and has no children', () => {
    const { world, client } = alone();
    client.call(createTtl('/written', 1_500));
    client.call(createTtl('/parent', 500));
    client.call(createTtl('/left', 500));
    client.call(plain('/parent/child'));
    for (let round = 0; round < 3; round++) {
      client.call({ type: 'setData', path: '/written', data: null, version: -1 });
      wait(world, client, 1_000);
    }

    assert.deepEqual(
      ['/written', '/parent', '/left'].map((path) => isThere(client, path)),
      [true, true, false],
    );
    client.call(remove('/parent/child'));
    wait(world, client, 3_000);
    assert.deepEqual(
      ['/written', '/parent'].map((path) => isThere(client, path)),
      [false, false],
    );
  });
});

describe('a sweep', () => {
  const settings = { containerCheckIntervalMs: 60_000, containersPerMinute: 6_000, containerNeverUsedMs: 0 };

  function manyLeft(count: number): StateServer {
    const server = StateServer.serving({ extendedTypes: true });
    for (let index = 0; index < count; index++) server.write(createTtl(`/${index}`, 1));
    return server;
  }

  it('asks for no more deletions than a minute may have, and for each once', () => {
    const { tree } = manyLeft(35).database;
    const sweep = new ContainerSweep(settings);
    sweep.lead(0);
    assert.equal(sweep.deadlineMs, 60_000);

    const batches: number[] = [];
    for (let atMs = 60_000; sweep.deadlineMs <= 61_000; atMs += 50) {
      const due = sweep.takeDue(tree, atMs, startTimeMs + 60_000);
      if (due.length > 0) batches.push(due.length);
    }

    assert.deepEqual(batches, [10, 10, 10, 5]);
    assert.equal(sweep.deadlineMs, 120_000);
  });

  it('of few in a minute asks for one after the other', () => {
    const { tree } = manyLeft(2).database;
    const sweep = new ContainerSweep({ ...settings, containersPerMinute: 6 });
    sweep.lead(0);

    assert.deepEqual(sweep.takeDue(tree, 60_000, startTimeMs + 60_000), ['/0']);
    assert.equal(sweep.deadlineMs, 70_000);
    assert.deepEqual(sweep.takeDue(tree, 70_000, startTimeMs + 70_000), ['/1']);
  });

  it('leaves alone what was written or got a child while it waited', () => {
    const server = manyLeft(12);
    const { tree } = server.database;
    const sweep = new ContainerSweep(settings);
    sweep.lead(0);
    assert.equal(sweep.takeDue(tree, 60_000, startTimeMs + 60).length, 10);

    server.write(create('/10/child'));
    server.write(setData('/11', 'new'));

    assert.deepEqual(sweep.takeDue(tree, 60_100, startTimeMs + 1), []);
  });

  it('ends with the leadership', () => {
    const { tree } = manyLeft(12).database;
    const sweep = new ContainerSweep(settings);
    sweep.lead(0);
    sweep.takeDue(tree, 60_000, startTimeMs + 60_000);
    sweep.rest();

    assert.equal(sweep.deadlineMs, Infinity);
    assert.deepEqual(sweep.takeDue(tree, 120_000, startTimeMs + 60_000), []);
  });

  it('takes containers that were never used, where that is asked for', () => {
    const server = StateServer.serving({ extendedTypes: true });
    server.write(createContainer('/c'));
    const { tree } = server.database;
    const never = new ContainerSweep(settings);
    const some = new ContainerSweep({ ...settings, containerNeverUsedMs: 5_000 });
    for (const sweep of [never, some]) sweep.lead(0);

    assert.deepEqual(never.takeDue(tree, 60_000, startTimeMs + 60_000), []);
    assert.deepEqual(some.takeDue(tree, 60_000, startTimeMs + 60_000), ['/c']);
  });
});

describe('what is to be removed when its time was up', () => {
  function remove(server: StateServer, path: string): string {
    server.prepareRaw(OpCode.DELETE_CONTAINER, Buffer.from(path));
    return server.recordsPrepared.at(-1)?.txn.type ?? '';
  }

  it('goes if nothing has happened to it since', () => {
    const server = StateServer.serving({ extendedTypes: true });
    server.write(createTtl('/t', 1));

    assert.equal(remove(server, '/t'), 'deleteContainer');
  });

  it('stays if a write of it is in flight', () => {
    const server = StateServer.serving({ extendedTypes: true });
    server.write(createTtl('/t', 1));
    server.prepare(setData('/t', 'new'));

    assert.equal(remove(server, '/t'), 'error');
  });

  it('stays if it is being made anew', () => {
    const server = StateServer.serving({ extendedTypes: true });
    server.write(createContainer('/c'));
    server.prepare({ type: 'delete', path: '/c', version: -1 });
    server.prepare(createContainer('/c'));

    assert.equal(remove(server, '/c'), 'error');
  });

  it('stays if a child of it is in flight', () => {
    const server = StateServer.serving({ extendedTypes: true });
    server.write(createContainer('/c'));
    server.prepare(create('/c/child'));

    assert.equal(remove(server, '/c'), 'error');
  });
});
