import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ElectionLinks } from '../../../../docker/zab/src/server/election-links.ts';
import type { Link, Network } from '../../../../docker/zab/src/server/ports.ts';
import { encodeElectionHello } from '../../../../harness/wire/election-codec.ts';
import type { Notification } from '../../../../harness/wire/quorum-packet.ts';
import { MemoryWorld } from './memory-world.ts';

const electionPort = 3888;
const membership = {
  version: 0,
  members: [1, 2, 3].map((sid) => ({
    sid,
    role: 'participant' as const,
    host: `zab${sid}`,
    quorumPort: 2888,
    electionPort,
  })),
};

function vote(electionEpoch: number): Notification {
  return { state: 0, leader: 1, zxid: 0, electionEpoch, peerEpoch: 0, version: 2, config: 'version=0' };
}

class Ensemble {
  readonly world = new MemoryWorld();
  /** `to<from:round`, in the order of arrival. */
  readonly heard: string[] = [];
  readonly warnings: string[] = [];
  readonly links = new Map<number, ElectionLinks>();

  start(sid: number, through: (network: Network) => Network = (network) => network): ElectionLinks {
    const links = new ElectionLinks({
      sid,
      membership,
      clock: this.world.clock(),
      network: through(this.world.networkOf(`zab${sid}`)),
      log: (level, message) => void (level === 'warn' && this.warnings.push(message)),
      tickMs: 200,
      listenOnAllAddresses: false,
      received: (from, notification) => void this.heard.push(`${sid}<${from}:${notification.electionEpoch}`),
      bindFailed: (reason) => assert.fail(reason),
    });
    this.links.set(sid, links);
    links.start();
    return links;
  }
}

/** A link that reports all that was ever written as not taken yet, as Node's does within a turn. */
class HoldingLink implements Link {
  bufferedBytes = 0;
  inner: Link | null = null;
  readonly remote = { host: 'zab1', port: electionPort };

  write(bytes: Buffer): void {
    this.bufferedBytes += bytes.length;
    this.inner?.write(bytes);
  }

  writeAll(chunks: readonly Buffer[]): void {
    this.write(Buffer.concat(chunks));
  }

  pause(): void {
    this.inner?.pause();
  }

  resume(): void {
    this.inner?.resume();
  }

  end(): void {
    this.inner?.end();
  }

  destroy(): void {
    this.inner?.destroy();
  }
}

describe('election links', () => {
  it('send hello and first word at once, and hold only the newest back from a network that takes nothing', () => {
    const ensemble = new Ensemble();
    ensemble.start(1);
    const holding = new HoldingLink();
    const three = ensemble.start(3, (network) => ({
      ...network,
      dial: (address, timeoutMs, handlers) => {
        holding.inner = network.dial(address, timeoutMs, {
          opened: () => handlers.opened?.(holding),
          data: (_, bytes) => handlers.data(holding, bytes),
          closed: (_, reason) => handlers.closed(holding, reason),
        });
        return holding;
      },
    }));

    three.send(1, vote(1));
    ensemble.world.run(10);
    assert.deepEqual(ensemble.heard, ['1<3:1']);
    holding.bufferedBytes = 100_000;
    for (const round of [2, 3, 4]) three.send(1, vote(round));
    ensemble.world.run(100);
    assert.deepEqual(ensemble.heard, ['1<3:1']);
    holding.bufferedBytes = 0;
    ensemble.world.run(50);

    assert.deepEqual(ensemble.heard, ['1<3:1', '1<3:4']);
  });

  it('keep the connection that the larger server id dialled', () => {
    const ensemble = new Ensemble();
    const one = ensemble.start(1);
    ensemble.start(3);

    one.send(3, vote(7));
    ensemble.world.run(20);

    assert.deepEqual(ensemble.heard, ['3<1:7']);
    assert.deepEqual(ensemble.world.dials, ['zab1>zab3:3888', 'zab3>zab1:3888']);
    ensemble.links.get(3)?.send(1, vote(8));
    ensemble.world.run(20);
    assert.deepEqual(ensemble.heard, ['3<1:7', '1<3:8']);
    assert.equal(ensemble.world.dials.length, 2, 'the connection is used in both directions');
  });

  it('settle on one connection when both dial at once', () => {
    const ensemble = new Ensemble();
    const one = ensemble.start(1);
    const two = ensemble.start(2);

    one.send(2, vote(1));
    two.send(1, vote(2));
    ensemble.world.run(100);

    assert(ensemble.heard.includes('1<2:2'));
    assert(ensemble.heard.includes('2<1:1'));
    const dialCount = ensemble.world.dials.length;
    ensemble.heard.length = 0;
    one.send(2, vote(3));
    two.send(1, vote(4));
    ensemble.world.run(10);
    assert.deepEqual(ensemble.heard.sort(), ['1<2:4', '2<1:3']);
    assert.equal(ensemble.world.dials.length, dialCount);
  });

  it('deliver only the newest of what waited for a server that was down', () => {
    const ensemble = new Ensemble();
    const two = ensemble.start(2);
    two.send(1, vote(1));
    two.send(1, vote(2));
    ensemble.world.run(300);
    two.send(1, vote(3));
    ensemble.world.run(100);

    ensemble.start(1);
    ensemble.world.run(3_000);

    assert.equal(ensemble.heard[0], '1<2:3');
    assert(ensemble.heard.every((line) => line === '1<2:3'));
  });

  it('repeat the last notification on a fresh connection', () => {
    const ensemble = new Ensemble();
    const two = ensemble.start(2);
    ensemble.start(1);
    two.send(1, vote(5));
    ensemble.world.run(50);
    ensemble.links.get(1)?.stop();
    ensemble.world.run(50);

    ensemble.start(1).send(2, vote(6));
    ensemble.world.run(2_500);

    assert.equal(ensemble.heard.filter((line) => line === '1<2:5').length >= 2, true);
    assert(ensemble.heard.includes('2<1:6'));
  });

  it('replace a silent link, so that a healed partition is not waited out', () => {
    const ensemble = new Ensemble();
    const three = ensemble.start(3);
    ensemble.start(1);
    three.send(1, vote(1));
    ensemble.world.run(50);
    ensemble.world.cut.add('zab1');
    three.send(1, vote(2));
    ensemble.world.run(8_000);
    assert.deepEqual(ensemble.heard, ['1<3:1']);

    ensemble.world.cut.clear();
    ensemble.world.run(7_500);

    assert(ensemble.heard.includes('1<3:2'));
  });

  it('leave a server alone that is down, once this one has found its role', () => {
    const ensemble = new Ensemble();
    const two = ensemble.start(2);
    two.send(1, vote(1));
    ensemble.world.run(1_000);
    two.setLooking(false);
    ensemble.world.run(3_000);
    const dialCount = ensemble.world.dials.length;

    ensemble.world.run(60_000);

    assert.equal(ensemble.world.dials.length, dialCount);
  });

  it('refuse strangers, their own id and nonsense, and stay alive', () => {
    const ensemble = new Ensemble();
    ensemble.start(1);
    const closed: string[] = [];
    const knock = (bytes: Buffer): Link =>
      ensemble.world.networkOf('stranger').dial({ host: 'zab1', port: electionPort }, 1_000, {
        opened: (link) => link.write(bytes),
        data: () => {},
        closed: (_, reason) => void closed.push(reason),
      });
    const hello = (sid: number): Buffer =>
      encodeElectionHello({ protocolVersion: -65_536, sid, addresses: ['zab9:3888'] });

    knock(hello(9));
    knock(hello(1));
    knock(hello(-4));
    knock(Buffer.from('GET / HTTP/1.1\r\nHost: zab1\r\n\r\n'));
    knock(Buffer.concat([hello(3), Buffer.from('7fffffff', 'hex')]));
    ensemble.world.run(100);
    assert.equal(closed.length, 5);

    knock(Buffer.from('00', 'hex'));
    ensemble.world.run(6_000);
    assert.equal(closed.length, 6, 'whoever says nothing is dropped after a while');
    ensemble.start(2).send(1, vote(9));
    ensemble.world.run(100);
    assert(ensemble.heard.includes('1<2:9'));
    assert.match(ensemble.warnings.join('\n'), /server id 9: no such server in the configuration/);
  });
});
