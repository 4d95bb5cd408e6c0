import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import type { ClientRequest } from '../../../harness/wire/records.ts';
import { openAcl } from '../../../harness/wire/records.ts';
import { RawClient, RawSocket } from './io/raw-client.ts';
import { freePorts, runCommand, ServerProcesses } from './io/server-processes.ts';

const get = (path: string): ClientRequest => ({ type: 'getData', path, watch: false });
const sync = (path: string): ClientRequest => ({ type: 'sync', path });
const set = (path: string, text: string): ClientRequest => ({
  type: 'setData',
  path,
  data: Buffer.from(text),
  version: -1,
});
const create = (path: string, text: string): ClientRequest => ({
  type: 'create',
  path,
  data: Buffer.from(text),
  acl: openAcl,
  flags: 0,
});

async function word(port: number, letters: string): Promise<string> {
  const socket = await RawSocket.open(port, false);
  socket.write(letters);
  return socket.closed();
}

async function modeOf(port: number): Promise<string | undefined> {
  return /^Mode: (\w+)$/m.exec(await word(port, 'srvr'))?.[1];
}

async function waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 8_000;
  while (Date.now() < deadline) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited 8 s for ${what}`);
}

describe('zab-server', () => {
  it('runs alone, keeps what it acknowledged through kill -9, and survives bad input', async () => {
    await using servers = new ServerProcesses();
    const [port = 0] = await freePorts(1);
    const file = servers.configure('alone', [`clientPort=${port}`, 'tickTime=500', 'forceSync=yes']);
    servers.start('alone');
    const client = await RawClient.connect(port);
    assert.equal((await client.call(create('/kept', 'one'))).err, 0);

    // A truncated frame, a length of 2 GiB, garbage: each connection is closed, the server lives.
    const attacks = ['0000002d0000', '7fffffff00', 'ffffffff', 'deadbeef0102030405', '00000004ffffffff'];
    const sockets = await Promise.all(attacks.map(() => RawSocket.open(port)));
    sockets.forEach((socket, index) => socket.write(Buffer.from(attacks[index] ?? '', 'hex')));
    await Promise.all(sockets.slice(1).map((socket) => socket.closed()));
    sockets[0]?.destroy();
    client.socket.write(Buffer.from('7fffffff', 'hex'));
    await client.socket.closed();
    assert(servers.isRunning('alone'));

    const status = await runCommand('status', file);
    assert.deepEqual(status, {
      code: 0,
      stdout: `Client port found: ${port}. Client address: localhost. Client SSL: false.\nMode: standalone\n`,
      stderr: `Using config: ${file}\n`,
    });

    await servers.end('alone', 'SIGKILL');
    servers.start('alone');
    const again = await RawClient.connect(port, client.session);
    assert.equal(again.session.sessionId, client.session.sessionId, 'the session outlives the process');
    const reply = await again.call(get('/kept'));
    assert(reply.body.type === 'data');
    assert.equal(reply.body.data?.toString(), 'one');
    again.socket.destroy();

    assert.equal(await servers.end('alone', 'SIGTERM'), 0);
    const down = await runCommand('status', file);
    assert.equal(down.code, 1);
    assert.match(
      down.stdout,
      /^Client port found: \d+\..*\nError contacting service\. It is probably not running\.\n$/,
    );
    assert.match(down.stderr, new RegExp(`nothing answers on 127\\.0\\.0\\.1:${port}.*probably not running`));
  });

  it('forms an ensemble that replicates, and goes on after its leader is killed', async () => {
    await using servers = new ServerProcesses();
    const ports = await freePorts(9);
    const at = (sid: number, offset: number): number => ports[3 * (sid - 1) + offset] ?? 0;
    const lines = (sid: number): string[] => [
      'tickTime=200',
      'initLimit=20',
      'syncLimit=5',
      'maxSessionTimeout=10000',
      `clientPort=${at(sid, 0)}`,
      ...[1, 2, 3].map((id) => {
        const host = id === sid ? '0.0.0.0' : '127.0.0.1';
        return `server.${id}=${host}:${at(id, 1)}:${at(id, 2)}`;
      }),
    ];
    const files = [1, 2, 3].map((sid) => servers.configure(`s${sid}`, lines(sid), `${sid}\n`));
    servers.start('s1');
    await waitFor('server 1 to answer', () => word(at(1, 0), 'srvr'));
    const alone = await runCommand('status', files[0] ?? '');
    assert.equal(alone.code, 1);
    assert.match(alone.stderr, /runs but serves no clients: it has no quorum/);
    assert.equal(await RawClient.tryConnect(at(1, 0)), null, 'clients are turned away without a quorum');

    servers.start('s2');
    servers.start('s3');
    const clients = await Promise.all([1, 2, 3].map((sid) => RawClient.connect(at(sid, 0))));
    const [one, two, three] = clients as [RawClient, RawClient, RawClient];
    assert.equal((await one.call(create('/shared', 'first'))).err, 0);
    await two.call(sync('/shared'));
    const read = await two.call(get('/shared'));
    assert(read.body.type === 'data');
    assert.equal(read.body.data?.toString(), 'first');
    const ephemeral = await three.call({ ...(create('/mine', '') as object), flags: 1 } as ClientRequest);
    assert.equal(ephemeral.err, 0);

    const modes = await Promise.all([1, 2, 3].map((sid) => modeOf(at(sid, 0))));
    assert.equal(modes.filter((mode) => mode === 'leader').length, 1);
    assert.equal(modes.filter((mode) => mode === 'follower').length, 2);
    const leader = modes.indexOf('leader') + 1;
    const survivors = [1, 2, 3].filter((sid) => sid !== leader);
    await servers.end(`s${leader}`, 'SIGKILL');

    const [survivor = 0, other = 0] = survivors;
    const before = clients[survivor - 1] as RawClient;
    await before.socket.closed();
    const after = await RawClient.connect(at(survivor, 0), before.session);
    assert.equal(after.session.sessionId, before.session.sessionId, 'the session moves to the new epoch');
    const written = await after.call(set('/shared', 'second'));
    assert.equal(written.err, 0);
    assert(written.zxid > 2 ** 33, 'the new leader has a new epoch');
    const reader = await RawClient.connect(at(other, 0));
    await reader.call(sync('/shared'));
    const second = await reader.call(get('/shared'));
    assert(second.body.type === 'data');
    assert.equal(second.body.data?.toString(), 'second');

    servers.start(`s${leader}`);
    const rejoined = await RawClient.connect(at(leader, 0));
    await rejoined.call(sync('/shared'));
    const third = await rejoined.call(get('/shared'));
    assert(third.body.type === 'data');
    assert.equal(third.body.data?.toString(), 'second');
    for (const client of [...clients, after, reader, rejoined]) client.socket.destroy();
  });

  it('explains itself and refuses a wrong command line', async () => {
    const [help, missing, unknown, surplus] = await Promise.all([
      runCommand('--help'),
      runCommand(),
      runCommand('--verbose'),
      runCommand('a.cfg', 'b.cfg'),
    ]);

    assert.equal(help.code, 0);
    assert.match(help.stdout, /zab-server status ZOO_CFG/);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /the path of a zoo\.cfg is missing/);
    assert.match(unknown.stderr, /unknown option --verbose/);
    assert.match(surplus.stderr, /unexpected argument b\.cfg/);
  });

  it('refuses a malformed zoo.cfg, a missing myid and damaged data, each with its remedy', async () => {
    await using servers = new ServerProcesses();
    const malformed = servers.configure('malformed', ['clientPort=2181', 'tickTime=soon']);
    const members = [
      'initLimit=5',
      'syncLimit=2',
      'server.1=127.0.0.1:2888:3888',
      'server.2=127.0.0.1:2889:3889',
    ];
    const nobody = servers.configure('nobody', members);
    const damaged = servers.configure('damaged', ['clientPort=0']);
    const dataDir = join(servers.directory, 'damaged', 'version-2');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'snapshot.0'), 'no snapshot at all');

    const [config, myid, data, absent] = await Promise.all([
      runCommand(malformed),
      runCommand(nobody),
      runCommand(damaged),
      runCommand(join(servers.directory, 'absent.cfg')),
    ]);

    assert.equal(config.code, 2);
    assert.match(config.stderr, /malformed\.cfg:4: tickTime: expected a whole number.*found "soon"/);
    assert.equal(myid.code, 2);
    assert.match(myid.stderr, /nobody\/myid: the file is missing.*echo 1 > /);
    assert.equal(data.code, 1);
    assert.match(data.stderr, /no snapshot can be loaded.*Restore the file/);
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /absent\.cfg: cannot be read/);
  });
});
