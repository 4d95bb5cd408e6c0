import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import type { Link, LinkHandlers } from '../../../docker/zab/src/server/ports.ts';
import { Random } from '../../../harness/random/random.ts';
import { atOnce } from '../../../harness/simulation/executor.ts';
import type { Executor } from '../../../harness/simulation/executor.ts';
import { SimulatedNetwork } from '../../../harness/simulation/network.ts';
import type { Host } from '../../../harness/simulation/network.ts';
import { Scheduler } from '../../../harness/simulation/scheduler.ts';
import { ServerProcess } from '../../../harness/simulation/server-process.ts';
import { TraceHash } from '../../../harness/simulation/trace-hash.ts';

const port = 3888;
const nsPerMs = 1_000_000;

/** Writes down what happens at one end of a connection. */
class End {
  readonly seen: string[] = [];
  link: Link | null = null;
  text = '';
  drainCount = 0;
  closed: string | null = null;
  readonly handlers: LinkHandlers = {
    opened: (link) => {
      this.link = link;
      this.seen.push('opened');
    },
    data: (_link, bytes) => {
      this.text += bytes.toString();
      this.seen.push('data');
    },
    drained: () => void (this.drainCount += 1),
    closed: (_link, reason) => {
      assert.equal(this.closed, null, 'closed is called once');
      this.closed = reason;
      this.seen.push('closed');
    },
  };

  accept = (link: Link): LinkHandlers => {
    this.link = link;
    return this.handlers;
  };
}

describe('simulated network', () => {
  let scheduler: Scheduler;
  let network: SimulatedNetwork;
  let one: Host;
  let two: Host;

  beforeEach(() => {
    const hash = new TraceHash();
    scheduler = new Scheduler(hash);
    network = new SimulatedNetwork({ scheduler, random: new Random(1), hash });
    one = network.addHost('server1', 1);
    two = network.addHost('server2', 2);
  });

  function runFor(ms: number): void {
    const endNs = scheduler.nowNs + ms * nsPerMs;
    scheduler.at(endNs, () => {});
    while (scheduler.nowNs < endNs && scheduler.runNext());
  }

  function listen(end: End, executor: Executor = atOnce): void {
    const failed = (reason: string): void => assert.fail(reason);
    network.portFor(two, executor).listen({ host: '0.0.0.0', port }, end.accept, failed);
  }

  function dial(end: End, timeoutMs = 5000): Link {
    return network.portFor(one, atOnce).dial({ host: 'server2', port }, timeoutMs, end.handlers);
  }

  function connect(executor: Executor = atOnce): { dialler: End; acceptor: End } {
    const dialler = new End();
    const acceptor = new End();
    listen(acceptor, executor);
    dial(dialler);
    runFor(50);
    assert.deepEqual(dialler.seen, ['opened']);
    return { dialler, acceptor };
  }

  it('carries bytes in order both ways, and then the close', () => {
    const { dialler, acceptor } = connect();

    for (let count = 0; count < 50; count++) dialler.link!.write(Buffer.from(`${count} `));
    acceptor.link!.write(Buffer.from('answer'));
    dialler.link!.end();
    runFor(100);

    assert.equal(acceptor.text, Array.from({ length: 50 }, (_, count) => `${count} `).join(''));
    assert.equal(acceptor.closed, 'the other side closed the connection');
    assert.equal(acceptor.link!.remote.host, 'server1');
  });

  it('sends what was written before the connection opened', () => {
    const acceptor = new End();
    listen(acceptor);
    dial(new End()).write(Buffer.from('early'));

    runFor(50);

    assert.equal(acceptor.text, 'early');
  });

  it('shows the opening before the first bytes, even when these are faster', () => {
    for (let count = 0; count < 50; count++) {
      const dialler = new End();
      const acceptor = new End();
      const listener = network.portFor(two, atOnce).listen(
        { host: '', port: 9 },
        (link) => {
          link.write(Buffer.from('welcome'));
          return acceptor.handlers;
        },
        () => assert.fail('the port is free'),
      );
      network.portFor(one, atOnce).dial({ host: 'server2', port: 9 }, 1000, dialler.handlers);
      runFor(50);
      listener.close();

      assert.deepEqual(dialler.seen, ['opened', 'data']);
    }
  });

  it('refuses where nobody listens, and does not know hosts that are not there', () => {
    const refused = new End();
    const unknown = new End();
    dial(refused);
    network.portFor(one, atOnce).dial({ host: 'server9', port }, 1000, unknown.handlers);

    runFor(50);

    assert.equal(refused.closed, 'connection refused');
    assert.equal(unknown.closed, 'no host is named server9');
  });

  it('gives a port to one listener at a time', () => {
    const first = new End();
    listen(first);
    let reason = '';
    network.portFor(two, atOnce).listen({ host: '', port }, first.accept, (failed) => (reason = failed));

    assert.equal(reason, 'port 3888 of server2 is in use');
  });

  it('holds bytes while the link is cut and sends them again after the heal', () => {
    const { dialler, acceptor } = connect();

    network.setCuts([
      { from: 1, to: 2 },
      { from: 2, to: 1 },
    ]);
    dialler.link!.write(Buffer.from('held '));
    acceptor.link!.write(Buffer.from('held as well'));
    runFor(1000);
    assert.equal(acceptor.text + dialler.text, '');
    network.setCuts([]);
    dialler.link!.write(Buffer.from('later'));
    runFor(3000);

    assert.equal(acceptor.text, 'held later');
    assert.equal(dialler.text, 'held as well');
  });

  it('cuts one way only', () => {
    const { dialler, acceptor } = connect();

    network.setCuts([{ from: 2, to: 1 }]);
    dialler.link!.write(Buffer.from('arrives'));
    acceptor.link!.write(Buffer.from('does not'));
    runFor(1000);

    assert.equal(acceptor.text, 'arrives');
    assert.equal(dialler.text, '');
  });

  it('sends only a window full while the way back of the acknowledgements is cut', () => {
    const { dialler, acceptor } = connect();
    const kilobyte = Buffer.alloc(1024, 'x');

    network.setCuts([{ from: 2, to: 1 }]);
    for (let count = 0; count < 200; count++) dialler.link!.write(kilobyte);
    runFor(1000);
    assert.equal(acceptor.text.length, 64 * 1024);
    network.setCuts([]);
    runFor(3000);

    assert.equal(acceptor.text.length, 200 * 1024);
  });

  it('holds a close as well while the link is cut', () => {
    const { dialler, acceptor } = connect();

    network.setCuts([{ from: 1, to: 2 }]);
    dialler.link!.destroy();
    runFor(1000);
    assert.equal(acceptor.closed, null);
    network.setCuts([]);
    runFor(3000);

    assert.equal(acceptor.closed, 'the other side closed the connection');
  });

  it('gives up a dial over a cut link after its time-out, or connects after the heal', () => {
    const acceptor = new End();
    listen(acceptor);
    const short = new End();
    const long = new End();

    for (const cut of [
      { from: 1, to: 2 },
      { from: 2, to: 1 },
    ]) {
      network.setCuts([cut]);
      const end = cut.from === 1 ? short : long;
      dial(end, cut.from === 1 ? 500 : 5000);
      runFor(600);
    }
    network.setCuts([]);
    runFor(2000);

    assert.equal(short.closed, 'no connection within 500 ms');
    assert.deepEqual(long.seen, ['opened']);
  });

  it('lets a kernel close the connections of a killed process, after what it had sent', () => {
    const { dialler, acceptor } = connect();

    acceptor.link!.write(Buffer.from('last words'));
    network.closeAll(two);
    runFor(100);

    assert.equal(dialler.text, 'last words');
    assert.notEqual(dialler.closed, null);
    const again = new End();
    dial(again);
    runFor(50);
    assert.equal(again.closed, 'connection refused');
    assert.equal(acceptor.closed, null, 'the dead hear nothing');
  });

  it('tells nobody of a power loss until somebody sends', () => {
    const { dialler, acceptor } = connect();

    acceptor.link!.write(Buffer.from('last words'));
    network.vanishAll(two);
    runFor(5000);
    assert.deepEqual(dialler.seen, ['opened']);
    dialler.link!.write(Buffer.from('anybody there?'));
    runFor(100);

    assert.equal(dialler.text, '');
    assert.notEqual(dialler.closed, null);
  });

  it('resets both ends of every connection between two hosts', () => {
    const { dialler, acceptor } = connect();

    network.reset(two, one);
    runFor(10);

    assert.equal(dialler.closed, 'connection reset');
    assert.equal(acceptor.closed, 'connection reset');
  });

  it('keeps bytes for an end that paused its flow, and reports what piles up', () => {
    const { dialler, acceptor } = connect();

    acceptor.link!.pause();
    for (let count = 0; count < 300; count++) dialler.link!.write(Buffer.alloc(1024));
    runFor(100);
    assert.equal(acceptor.text, '');
    assert.equal(dialler.link!.bufferedBytes, (300 - 256) * 1024);
    acceptor.link!.resume();
    runFor(100);

    assert.equal(acceptor.text.length, 300 * 1024);
    assert.equal(dialler.link!.bufferedBytes, 0);
  });

  it('tells who wrote more than was taken when all is taken, and nobody else', () => {
    const { dialler, acceptor } = connect();
    dialler.link!.write(Buffer.alloc(1024));
    runFor(100);
    assert.equal(dialler.drainCount, 0);

    acceptor.link!.pause();
    dialler.link!.write(Buffer.alloc(1024 * 1024));
    runFor(100);
    assert.equal(dialler.drainCount, 0);
    acceptor.link!.resume();
    runFor(100);

    assert.equal(dialler.link!.bufferedBytes, 0);
    assert.equal(dialler.drainCount, 1);
  });

  it('connects to a paused process, which takes the bytes once it goes on', () => {
    const ended = (): void => assert.fail('the process does not end');
    const process = new ServerProcess({ scheduler, random: new Random(2), ended });
    const acceptor = new End();
    const dialler = new End();
    listen(acceptor, process);
    process.pause();

    dial(dialler).write(Buffer.from('hello'));
    runFor(1000);
    assert.deepEqual(dialler.seen, ['opened']);
    assert.equal(acceptor.text, '');
    process.resume();
    runFor(10);

    assert.equal(acceptor.text, 'hello');
  });

  it('probes a direction on its own', () => {
    const answers: boolean[] = [];
    network.setCuts([{ from: 1, to: 2 }]);

    network.probe(one, two, (isReached) => answers.push(isReached));
    runFor(50);
    network.probe(two, one, (isReached) => answers.push(isReached));
    runFor(50);

    assert.deepEqual(answers, [false, true]);
  });
});

describe('server process', () => {
  function newProcess(): { scheduler: Scheduler; process: ServerProcess; ends: string[] } {
    const scheduler = new Scheduler(new TraceHash());
    const ends: string[] = [];
    const process = new ServerProcess({
      scheduler,
      random: new Random(1),
      ended: ({ exitCode, reason }) => ends.push(`${exitCode} ${reason.split('\n', 1)[0]}`),
    });
    return { scheduler, process, ends };
  }

  it('does one piece of work after the other, in order, each taking its time', () => {
    const { scheduler, process } = newProcess();
    const seen: number[] = [];
    for (let count = 0; count < 3; count++) process.run(() => seen.push(scheduler.nowNs));

    while (scheduler.runNext());

    assert.equal(seen.length, 3);
    for (let index = 1; index < 3; index++) {
      const gapNs = seen[index]! - seen[index - 1]!;
      assert.ok(gapNs >= 4000 && gapNs <= 12_001, `${gapNs} ns`);
    }
  });

  it('does not begin work from inside other work', () => {
    const { scheduler, process } = newProcess();
    const seen: string[] = [];
    process.run(() => {
      process.run(() => seen.push('inner'));
      seen.push('outer');
    });

    while (scheduler.runNext());

    assert.deepEqual(seen, ['outer', 'inner']);
  });

  it('ends by its own exit without finishing the work, and hears nothing afterwards', () => {
    const { scheduler, process, ends } = newProcess();
    const seen: string[] = [];
    process.run(() => {
      process.exit(13, 'bad packet');
      seen.push('after exit');
    });
    process.run(() => seen.push('after death'));

    while (scheduler.runNext());

    assert.deepEqual(ends, ['13 bad packet']);
    assert.deepEqual(seen, []);
    assert.equal(process.state, 'dead');
  });

  it('ends by an exception that nothing caught', () => {
    const { process, ends } = newProcess();

    process.run(() => {
      throw new RangeError('cannot happen');
    });

    assert.deepEqual(ends, ['1 uncaught: RangeError: cannot happen']);
    assert.equal(process.state, 'dead');
  });

  it('goes on with everything that waited when it is resumed, and with nothing when it was killed', () => {
    const { scheduler, process } = newProcess();
    const seen: string[] = [];
    process.pause();
    process.run(() => seen.push('first'));
    process.run(() => seen.push('second'));
    while (scheduler.runNext());
    assert.deepEqual(seen, []);

    process.resume();
    scheduler.runNext();
    process.die();
    while (scheduler.runNext());

    assert.deepEqual(seen, ['first']);
  });
});
