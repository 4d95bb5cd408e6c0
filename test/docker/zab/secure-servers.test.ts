// Servers as processes, with TLS on their client ports and between them.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../../harness/wire/records.ts';
import { RawClient, RawSocket } from './io/raw-client.ts';
import { freePorts, runCommand, ServerProcesses } from './io/server-processes.ts';
import { clientSubject, fixture } from './io/tls/fixtures.ts';
import { TlsTunnel } from './io/tls/tls-tunnel.ts';

const clientTls = [
  `ssl.keyStore.location=${fixture('server.pem')}`,
  `ssl.trustStore.location=${fixture('authority.pem')}`,
];

async function loggedBy(servers: ServerProcesses, name: string, pattern: RegExp): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!pattern.test(servers.logs.get(name) ?? '')) {
    assert(Date.now() < deadline, `${String(pattern)} in\n${servers.logs.get(name)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a server with TLS', function () {
  this.timeout(30_000);

  it('makes a client the subject of its certificate, which ACLs may name', async () => {
    await using servers = new ServerProcesses();
    const [plainPort = 0, securePort = 0] = await freePorts(2);
    servers.configure('alone', [
      `clientPort=${plainPort}`,
      `secureClientPort=${securePort}`,
      'secureClientPortAddress=127.0.0.1',
      ...clientTls,
    ]);
    servers.start('alone');
    const plain = await RawClient.connect(plainPort);
    await using tunnel = await TlsTunnel.open(securePort, 'client.pem');

    const secure = await RawClient.connect(tunnel.port);
    const who = await secure.call({ type: 'whoAmI' });
    const acl = [{ perms: 31, scheme: 'auth', id: '' }];
    const created = await secure.call(create('/mine', acl));
    const stored = await secure.call({ type: 'getACL', path: '/mine' });

    assert(who.body.type === 'clientInfo');
    assert.deepEqual(who.body.ids, [
      { scheme: 'ip', user: '127.0.0.1' },
      { scheme: 'x509', user: clientSubject },
    ]);
    assert.equal(created.err, 0);
    assert(stored.body.type === 'acl');
    assert.deepEqual(stored.body.acl, [{ perms: 31, scheme: 'x509', id: clientSubject }]);
    assert.equal((await secure.call({ type: 'getData', path: '/mine', watch: false })).err, 0);
    assert.equal((await plain.call({ type: 'getData', path: '/mine', watch: false })).err, -102);
    assert.equal(
      (await plain.call(create('/bad', [{ perms: 31, scheme: 'x509', id: 'no name' }]))).err,
      -114,
    );

    // Neither a plain client nor a stranger on the TLS port keeps others from it.
    const lost = await RawSocket.open(securePort);
    lost.write('ruok!');
    assert.equal(await lost.closed(), '');
    await using strangerTunnel = await TlsTunnel.open(securePort, 'stranger.pem');
    assert.equal(await RawClient.tryConnect(strangerTunnel.port), null);
    await loggedBy(servers, 'alone', /TLS connection of 127\.0\.0\.1:\d+ refused \(ssl\.\*\): certificate/);
    const another = await RawClient.connect(tunnel.port);
    for (const client of [plain, secure, another]) client.socket.destroy();
  });

  it('takes TLS and plain clients on one port, and a super user by certificate', async () => {
    await using servers = new ServerProcesses();
    const [port = 0] = await freePorts(1);
    servers.configure('alone', [
      `clientPort=${port}`,
      'client.portUnification=true',
      `X509AuthenticationProvider.superUser=${clientSubject.replaceAll('\\', '\\\\')}`,
      ...clientTls,
    ]);
    servers.start('alone');
    const plain = await RawClient.connect(port);
    await using tunnel = await TlsTunnel.open(port, 'client.pem');
    const secure = await RawClient.connect(tunnel.port);

    const closed = [{ perms: 31, scheme: 'digest', id: 'a:b' }];
    assert.equal((await plain.call(create('/closed', closed))).err, 0);

    assert.equal((await plain.call({ type: 'getData', path: '/closed', watch: false })).err, -102);
    assert.equal((await secure.call({ type: 'getData', path: '/closed', watch: false })).err, 0);
    for (const client of [plain, secure]) client.socket.destroy();
  });

  it('forms an ensemble over TLS, and keeps a server with a stranger certificate out', async () => {
    await using servers = new ServerProcesses();
    const ports = await freePorts(9);
    const at = (sid: number, offset: number): number => ports[3 * (sid - 1) + offset] ?? 0;
    for (const sid of [1, 2, 3]) {
      servers.configure(
        `s${sid}`,
        [
          'tickTime=200',
          'initLimit=20',
          'syncLimit=5',
          'maxSessionTimeout=10000',
          '4lw.commands.whitelist=*',
          `clientPort=${at(sid, 0)}`,
          // Not all of the voters will ever meet.
          'db.autocreate=true',
          'sslQuorum=true',
          // Server 2 is in the middle of a change from plain to TLS.
          `portUnification=${sid === 2}`,
          `ssl.quorum.keyStore.location=${fixture(sid === 3 ? 'stranger.pem' : 'server-encrypted.pem')}`,
          'ssl.quorum.keyStore.password=secret',
          `ssl.quorum.trustStore.location=${fixture('authority.pem')}`,
          ...[1, 2, 3].map((id) => `server.${id}=127.0.0.1:${at(id, 1)}:${at(id, 2)}`),
        ],
        `${sid}\n`,
      );
      servers.start(`s${sid}`);
    }

    const one = await RawClient.connect(at(1, 0));
    const two = await RawClient.connect(at(2, 0));
    assert.equal((await one.call(create('/over-tls', openAcl))).err, 0);
    await two.call({ type: 'sync', path: '/over-tls' });
    assert.equal((await two.call({ type: 'exists', path: '/over-tls', watch: false })).err, 0);

    assert.equal(await RawClient.tryConnect(at(3, 0)), null, 'the stranger has no quorum');
    await loggedBy(servers, 's3', /TLS with 127\.0\.0\.1:\d+ failed|TLS connection of .* refused/);
    await loggedBy(servers, 's1', /TLS with 127\.0\.0\.1:\d+ failed|TLS connection of .* refused/);
    assert.equal((await one.call(create('/still', openAcl))).err, 0);
    for (const client of [one, two]) client.socket.destroy();
  });

  it('does not start with certificates that it cannot use, and says which', async () => {
    await using servers = new ServerProcesses();
    const file = servers.configure('bad', ['secureClientPort=1', 'ssl.keyStore.location=/none/server.jks']);

    const { code, stderr } = await runCommand(file);

    assert.equal(code, 2);
    assert.match(stderr, /ssl\.keyStore\.location \/none\/server\.jks is of type JKS/);
  });
});

function create(path: string, acl: typeof openAcl): ClientRequest {
  return { type: 'create', path, data: Buffer.from('data'), acl, flags: 0 };
}
