import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { createNodeNetwork } from '../../../../../docker/zab/src/io/node-network.ts';
import { TlsSide } from '../../../../../docker/zab/src/io/tls/tls-side.ts';
import type { TlsEndpoint } from '../../../../../docker/zab/src/server/config/tls-settings.ts';
import type { Link, Listener, Network } from '../../../../../docker/zab/src/server/ports.ts';
import { clientSubject, endpoint, fixture, store } from './fixtures.ts';

async function until(isTrue: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 8_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`waited 8 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the network over TLS', () => {
  let links: Link[];
  let log: string[];
  let closers: (() => void)[];

  beforeEach(() => {
    links = [];
    log = [];
    closers = [];
  });
  afterEach(() => {
    for (const close of closers) close();
  });

  function networkOf(changes: Partial<TlsEndpoint> = {}, isBetweenServers = false, reloads = false): Network {
    const side = new TlsSide({
      endpoint: endpoint(changes),
      file: 'zoo.cfg',
      log: (_, message) => void log.push(message),
      verifiesCallerName: isBetweenServers,
      reloads,
    });
    return createNodeNetwork({ client: side, quorum: side });
  }

  /** Answers what it hears, turned round. */
  async function listen(network: Network, takesPlain = false): Promise<Listener> {
    const listener = network.listen(
      { host: '127.0.0.1', port: 0, tls: { keys: 'client', takesPlain } },
      (link) => {
        links.push(link);
        closers.push(() => link.destroy());
        return {
          data: (_, bytes) => link.write(Buffer.from(bytes).reverse()),
          closed: () => {},
        };
      },
      (reason) => assert.fail(reason),
    );
    closers.push(() => listener.close());
    await until(() => listener.port !== 0, 'the listener');
    return listener;
  }

  /** What comes back for `hello`; empty when the connection ends without it. */
  function exchange(socket: Socket, event: 'connect' | 'secureConnect'): Promise<string> {
    closers.push(() => socket.destroy());
    return new Promise((resolve) => {
      socket.on(event, () => socket.write('hello'));
      socket.on('data', (bytes: Buffer) => resolve(bytes.toString()));
      socket.on('error', () => resolve(''));
      socket.on('close', () => resolve(''));
    });
  }

  const callOver = (port: number, options: ConnectionOptions): Promise<string> =>
    exchange(connectTls({ host: '127.0.0.1', port, ca: pem('authority.pem'), ...options }), 'secureConnect');
  const callPlain = (port: number): Promise<string> =>
    exchange(connect({ host: '127.0.0.1', port }), 'connect');
  const pem = (name: string): string => readFileSync(fixture(name), 'utf8');
  const as = (name: string): ConnectionOptions => ({ key: pem(name), cert: pem(name) });

  it('carries bytes both ways and knows who calls', async () => {
    const { port } = await listen(networkOf());

    assert.equal(await callOver(port, as('client.pem')), 'olleh');

    assert.equal(links[0]?.peerSubject, clientSubject);
    assert.equal(links[0].remote.host, '127.0.0.1');
  });

  it('refuses a certificate of an unknown authority by name, and goes on', async () => {
    const { port } = await listen(networkOf());

    assert.equal(await callOver(port, as('stranger.pem')), '');

    await until(() => log.length > 0, 'a line in the log');
    assert.match(log[0] ?? '', /^TLS connection of 127\.0\.0\.1:\d+ refused \(ssl\.\*\): .*certificate/i);
    assert.deepEqual(links, []);
    assert.equal(await callOver(port, as('client.pem')), 'olleh');
  });

  it('refuses who shows no certificate where one is needed, and takes them where it is wanted', async () => {
    const needing = await listen(networkOf({ clientAuth: 'need' }));
    const wanting = await listen(networkOf({ clientAuth: 'want' }));

    assert.equal(await callOver(needing.port, {}), '');
    assert.equal(await callOver(wanting.port, {}), 'olleh');
    assert.equal(await callOver(wanting.port, as('stranger.pem')), '', 'but no certificate beats a bad one');
    assert.equal(await callOver(wanting.port, as('client.pem')), 'olleh');

    assert.deepEqual(
      links.map(({ peerSubject }) => peerSubject),
      [null, clientSubject],
    );
  });

  it('drops a plain caller on a TLS port, names it, and goes on', async () => {
    const { port } = await listen(networkOf());
    const silent = connect({ host: '127.0.0.1', port });
    closers.push(() => silent.destroy());

    assert.equal(await callPlain(port), '');

    await until(() => log.length > 0, 'a line in the log');
    assert.match(log[0] ?? '', /^TLS connection of 127\.0\.0\.1:\d+ refused \(ssl\.\*\): /);
    assert.equal(await callOver(port, as('client.pem')), 'olleh');
  });

  it('takes both kinds on one port where it is told to, also from a caller that waits to be spoken to', async () => {
    const { port } = await listen(networkOf(), true);
    const silent = connect({ host: '127.0.0.1', port });
    closers.push(() => silent.destroy());

    assert.equal(await callPlain(port), 'olleh');
    assert.equal(await callOver(port, as('client.pem')), 'olleh');

    assert.deepEqual(
      links.map(({ peerSubject }) => peerSubject),
      [null, clientSubject],
    );
    await until(() => links.length === 3, 'the silent caller to be let in');
    silent.write('xyz');
    const [answer] = await new Promise<Buffer[]>((resolve) =>
      silent.once('data', (bytes) => resolve([bytes])),
    );
    assert.equal(answer?.toString(), 'zyx');
  });

  describe('between servers', () => {
    /** Ends once connected or failed; the reason of a failure. */
    function dial(network: Network, port: number, host = '127.0.0.1'): Promise<string | null> {
      return new Promise((resolve) => {
        const link = network.dial({ host, port, tls: 'quorum' }, 5_000, {
          opened: () => resolve(null),
          data: () => {},
          closed: (_, reason) => resolve(reason),
        });
        closers.push(() => link.destroy());
      });
    }

    it('dials who has the certificate for its address', async () => {
      const network = networkOf({}, true);
      const { port } = await listen(network);

      assert.equal(await dial(network, port), null);

      await until(() => links.length === 1, 'the other side');
      assert.deepEqual(log, []);
    });

    it('does not talk to a server with a certificate of an unknown authority', async () => {
      const stranger = networkOf({ keyStore: store('stranger.pem') }, true);
      const { port } = await listen(stranger);

      const reason = await dial(networkOf({}, true), port);

      assert.match(reason ?? '', /certificate/);
      assert(
        log.some((line) => line.startsWith(`TLS with 127.0.0.1:${port} failed: `)),
        log.join('\n'),
      );
    });

    it('does not talk to a server with the name of another, in either direction, unless told so', async () => {
      const other = networkOf({ keyStore: store('other-name.pem') }, true);
      const right = networkOf({}, true);
      const lax = networkOf({ hostnameVerification: false }, true);
      const { port: otherPort } = await listen(other);
      const { port: rightPort } = await listen(right);
      const { port: laxPort } = await listen(lax);

      assert.match((await dial(right, otherPort)) ?? '', /does not match certificate/);
      const before = links.length;
      assert.equal(await dial(other, laxPort), null);
      await until(() => links.length === before + 1, 'the lax side');
      await dial(other, rightPort);
      await until(() => log.some((line) => line.includes('refused')), 'the caller to be refused');
      assert.equal(links.length, before + 1);
    });
  });

  it('uses new certificates once their files change', async function () {
    this.timeout(15_000);
    const directory = mkdtempSync(join(tmpdir(), 'tls-reload-test-'));
    const path = join(directory, 'server.pem');
    copyFileSync(fixture('stranger.pem'), path);
    const keyStore = { ...store('server.pem'), location: path };
    const { port } = await listen(networkOf({ keyStore }, false, true));
    assert.equal(await callOver(port, as('client.pem')), '', 'the client does not know its authority');

    copyFileSync(fixture('server.pem'), path);
    await until(() => log.some((line) => line.startsWith('certificates reloaded')), 'the new certificates');

    assert.equal(await callOver(port, as('client.pem')), 'olleh');
    rmSync(directory, { recursive: true });
  });
});
