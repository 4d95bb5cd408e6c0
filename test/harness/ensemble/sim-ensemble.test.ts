import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseZooConfig, withServerId } from '../../../docker/zab/src/server/config.ts';
import type { ZooConfig } from '../../../docker/zab/src/server/config.ts';
import type { ServerPorts } from '../../../docker/zab/src/server/ports.ts';
import { createSimEnsemble, drive } from '../../../harness/ensemble/sim-ensemble.ts';
import type { SimEnsemble, SimEnsembleOptions } from '../../../harness/ensemble/sim-ensemble.ts';
import type { ServerModule } from '../../../harness/ensemble/server-module.ts';
import { Random } from '../../../harness/random/random.ts';
import { FakeServer } from '../client/fake-server.ts';
import { keepTrace, keptTrace } from './kept-trace.ts';

/** A server of one's own, without peers: it shows the world around it, not the protocol. */
class LonelyServer {
  readonly mode = 'follower';
  readonly lastProcessedZxid = 0x100000002;
  readonly #sid: number | null;
  readonly #ports: ServerPorts;
  readonly #fake = new FakeServer();

  constructor({ serverId }: Pick<ZooConfig, 'serverId'>, ports: ServerPorts) {
    this.#sid = serverId;
    this.#ports = ports;
  }

  start(): void {
    const { network, disk, log, trace, incarnation, sharedNowNs } = this.#ports;
    trace?.({ event: 'LOAD', sid: this.#sid, incarnation, time: sharedNowNs?.() });
    log('info', `started with ${disk.list('/data').join(' ')}`);
    disk.submit(
      [{ type: 'append', path: '/data/starts', chunks: [Buffer.from('.')], position: 0 }],
      (error) => error === null || this.#ports.exit(1, error.message),
    );
    network.listen(
      { host: '0.0.0.0', port: 2181 },
      (link) => {
        const connection = this.#fake.connect({
          write: (bytes) => link.write(bytes),
          close: () => link.end(),
        });
        return {
          data: (_link, bytes) => connection.received(bytes),
          closed: () => connection.closed(),
        };
      },
      (reason) => this.#ports.exit(2, reason),
    );
  }
}

const loadLonelyServer = (): Promise<ServerModule> =>
  Promise.resolve({ ZabServer: LonelyServer, parseZooConfig, withServerId } as unknown as ServerModule);

async function startEnsemble(options: Partial<SimEnsembleOptions> = {}): Promise<SimEnsemble> {
  const ensemble = createSimEnsemble({
    random: new Random(1),
    servers: 3,
    loadServer: loadLonelyServer,
    ...options,
  });
  keepTrace(ensemble);
  await ensemble.start();
  return ensemble;
}

describe('simulated ensemble', () => {
  it('describes its servers and what it can do to them', async () => {
    await using ensemble = await startEnsemble({ servers: 2, observers: 1, system: 'mutant' });

    assert.deepEqual(
      ensemble.servers.map(({ sid, role, system }) => `${sid} ${role} ${system}`),
      ['1 participant mutant', '2 participant mutant', '3 observer mutant'],
    );
    assert.equal(ensemble.world, 'sim');
    assert.ok(ensemble.capabilities.has('powerLoss'));
    await using quiet = createSimEnsemble({ random: new Random(1), servers: 1, traces: false });
    assert.equal(quiet.capabilities.has('traces'), false);
  });

  it('lets virtual time pass while somebody sleeps, and no real time', async () => {
    await using ensemble = await startEnsemble();
    const seen: string[] = [];
    const startedMs = performance.now();

    await drive(
      ensemble,
      Promise.all(
        [3, 1, 2].map(async (hours) => {
          await ensemble.clock.sleep(hours * 3_600_000);
          seen.push(`${hours} h at ${ensemble.clock.nowNs() / 3.6e12}`);
        }),
      ),
    );

    assert.deepEqual(seen, ['1 h at 1', '2 h at 2', '3 h at 3']);
    assert.ok(performance.now() - startedMs < 2000);
  });

  it('serves clients', async () => {
    await using ensemble = await startEnsemble();
    const client = ensemble.client({ sessionTimeoutMs: 2000, requestTimeoutMs: 1000, servers: [2] });

    await client.create('/a', Buffer.from('x'));
    const { data } = await client.getData('/a');
    await client.close();

    assert.equal(data.toString(), 'x');
    const elapsedMs = ensemble.clock.nowNs() / 1e6;
    assert.ok(elapsedMs > 0.5 && elapsedMs < 200, `${elapsedMs} ms`);
  });

  it('tells the state of a server: following, paused, dead, and back', async () => {
    await using ensemble = await startEnsemble();
    const modeOf = async (sid: number): Promise<string> => (await ensemble.status(sid)).mode;

    assert.deepEqual(await ensemble.status(1), { sid: 1, mode: 'follower', zxid: 0x100000002 });
    await ensemble.pause(1);
    assert.equal(await ensemble.isPaused(1), true);
    assert.equal(await modeOf(1), 'paused');
    await ensemble.resume(1);
    assert.equal(await modeOf(1), 'follower');
    await ensemble.kill(1);
    assert.equal(await ensemble.isRunning(1), false);
    assert.equal(await modeOf(1), 'dead');
    await ensemble.startServer(1);
    assert.equal(await modeOf(1), 'follower');
    assert.equal(await modeOf(2), 'follower');
  });

  it('shows clients a paused server that accepts and says nothing, and goes on after it', async () => {
    await using ensemble = await startEnsemble();
    await ensemble.pause(1);
    const client = ensemble.client({ sessionTimeoutMs: 2000, requestTimeoutMs: 500, servers: [1] });

    await assert.rejects(client.create('/a', Buffer.from('x')), { kind: 'not-connected', definite: true });
    await ensemble.resume(1);
    await client.create('/a', Buffer.from('x'));

    assert.equal(client.state, 'connected');
  });

  it('proves cuts with a probe that they stop, in their direction only', async () => {
    await using ensemble = await startEnsemble();

    await ensemble.setCuts([{ from: 1, to: 2 }]);
    assert.equal(await ensemble.canReach(1, 2), false);
    assert.equal(await ensemble.canReach(2, 1), true);
    assert.equal(await ensemble.canReach(1, 3), true);
    await ensemble.setCuts([]);
    assert.equal(await ensemble.canReach(1, 2), true);
  });

  it('keeps the disk over a kill, and may lose what was unsynced to a power loss', async () => {
    const outcomes = new Set<string | undefined>();
    for (let seed = 0; seed < 12; seed++) {
      await using ensemble = await startEnsemble({ random: new Random(seed) });
      const startsOf = async (): Promise<string | undefined> =>
        (await ensemble.collect()).files.get('data/server-1/data/starts')?.toString();
      await ensemble.clock.sleep(10);

      await ensemble.kill(1);
      await ensemble.startServer(1);
      await ensemble.clock.sleep(10);
      assert.equal(await startsOf(), '..');
      await ensemble.powerLoss(1);

      assert.equal(await ensemble.isRunning(1), false);
      assert.equal((await ensemble.collect()).files.get('data/server-1/data/myid')?.toString(), '1\n');
      outcomes.add(await startsOf());
    }
    for (const wanted of [undefined, '', '..']) assert.ok(outcomes.has(wanted), String(wanted));
  });

  it('collects logs, data and traces, with times that compare across servers', async () => {
    await using ensemble = await startEnsemble({ servers: 2 });
    await ensemble.clock.sleep(5);
    await ensemble.kill(2);
    await ensemble.startServer(2);

    const { files } = await ensemble.collect();

    assert.match(String(files.get('logs/server-1.log')), /"message":"started with myid"/);
    assert.match(String(files.get('logs/server-2.log')), /"message":"process ended","exitCode":137/);
    assert.deepEqual(keptTrace(ensemble), [
      { event: 'LOAD', time: 0, sid: 1, incarnation: 1 },
      { event: 'LOAD', time: 0, sid: 2, incarnation: 1 },
      { event: 'LOAD', time: 5_000_000, sid: 2, incarnation: 2 },
    ]);
  });

  it('ends a server whose disk fails, as the server asked', async () => {
    await using ensemble = await startEnsemble();
    await ensemble.kill(3);
    await ensemble.setDisk(3, { error: 'ENOSPC' });
    await ensemble.startServer(3);
    await ensemble.clock.sleep(10);

    assert.equal((await ensemble.status(3)).mode, 'dead');
  });

  it('leaves the same hash for the same seed, and another for another', async () => {
    const hashOf = async (seed: number): Promise<string> => {
      await using ensemble = await startEnsemble({ random: new Random(seed) });
      const clients = [1, 2, 3].map((sid) =>
        ensemble.client({ sessionTimeoutMs: 2000, requestTimeoutMs: 300, servers: [sid] }),
      );
      await Promise.allSettled(
        clients.map(async (client, index) => {
          await client.create('/a', Buffer.from('x'));
          for (let count = 0; count < 20; count++) {
            if (count === 10 && index === 0) await ensemble.kill(2);
            await client.setData('/a', Buffer.from(String(count)), -1);
            // Real turns of the event loop must not matter.
            if (seed === 1) await new Promise((resolve) => setTimeout(resolve, 0));
          }
        }),
      );
      return ensemble.traceHash();
    };

    const [first, again, other] = [await hashOf(5), await hashOf(5), await hashOf(6)];

    assert.match(first, /^[0-9a-f]{16}$/);
    assert.equal(again, first);
    assert.notEqual(other, first);
  });

  it('knows no servers before it was started', async () => {
    await using ensemble = createSimEnsemble({ random: new Random(1), servers: 1 });

    await assert.rejects(ensemble.status(1), /server 1 of a started ensemble of 1/);
  });
});
