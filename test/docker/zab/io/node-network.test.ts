import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createNodeNetwork } from '../../../../docker/zab/src/io/node-network.ts';
import type { Link, LinkHandlers, Listener } from '../../../../docker/zab/src/server/ports.ts';
import { freePorts } from './server-processes.ts';

const network = createNodeNetwork();

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 3_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('waited 3 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

class Side implements LinkHandlers {
  link: Link | null = null;
  text = '';
  readonly ends: string[] = [];
  drainCount = 0;

  opened(link: Link): void {
    this.link = link;
  }

  data(_: Link, bytes: Buffer): void {
    this.text += bytes.toString();
  }

  drained(): void {
    this.drainCount += 1;
  }

  closed(_: Link, reason: string): void {
    this.ends.push(reason);
  }
}

async function connected(): Promise<{ near: Side; far: Side; listener: Listener }> {
  const [near, far] = [new Side(), new Side()];
  const listener = network.listen(
    { host: '127.0.0.1', port: 0 },
    (link) => {
      far.opened(link);
      return far;
    },
    (reason) => assert.fail(reason),
  );
  await until(() => listener.port !== 0);
  network.dial({ host: '127.0.0.1', port: listener.port }, 1_000, near);
  await until(() => near.link !== null && far.link !== null);
  return { near, far, listener };
}

describe('the network on Node', () => {
  it('carries bytes both ways, and what was written before the end', async () => {
    const { near, far, listener } = await connected();
    near.link?.write(Buffer.from('a'));
    near.link?.write(Buffer.from('b'));
    await until(() => far.text === 'ab');
    far.link?.write(Buffer.from('last'));
    far.link?.end();

    await until(() => near.ends.length > 0);

    assert.equal(near.text, 'last');
    assert.deepEqual(far.ends, [], 'whoever ends a link is not told of it');
    listener.close();
  });

  it('ends at once when destroyed, with one word to the other side', async () => {
    const { near, far, listener } = await connected();
    near.link?.destroy();
    near.link?.write(Buffer.from('too late'));

    await until(() => far.ends.length > 0);

    assert.equal(far.ends.length, 1);
    assert.equal(far.text, '');
    listener.close();
  });

  it('holds bytes back while paused', async () => {
    const { near, far, listener } = await connected();
    far.link?.pause();
    near.link?.write(Buffer.from('x'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(far.text, '');

    far.link?.resume();

    await until(() => far.text === 'x');
    near.link?.destroy();
    listener.close();
  });

  it('counts what is written at once, and tells when all of it was taken', async () => {
    const { near, far, listener } = await connected();
    const bytes = 16 * 1024 * 1024;
    far.link?.pause();
    near.link?.write(Buffer.alloc(bytes));
    assert.equal(near.link?.bufferedBytes, bytes, 'in the same turn');
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert(near.link.bufferedBytes > 0);
    assert.equal(near.drainCount, 0);

    far.link?.resume();
    await until(() => near.drainCount > 0);

    assert.equal(near.link.bufferedBytes, 0);
    near.link.destroy();
    listener.close();
  });

  it('tells a refused dial once, with its reason', async () => {
    const [port = 0] = await freePorts(1);
    const near = new Side();
    network.dial({ host: '127.0.0.1', port }, 1_000, near);

    await until(() => near.ends.length > 0);

    assert.deepEqual(near.ends.length, 1);
    assert.match(near.ends[0] ?? '', /ECONNREFUSED/);
    assert.equal(near.link, null);
  });

  it('says nothing of a dial that was given up by its owner', async () => {
    const [port = 0] = await freePorts(1);
    const near = new Side();
    network.dial({ host: '127.0.0.1', port }, 1_000, near).destroy();

    await new Promise((resolve) => setTimeout(resolve, 30));

    assert.deepEqual(near.ends, []);
  });

  it('tells when an address is taken', async () => {
    const { near, listener } = await connected();
    const reasons: string[] = [];
    network.listen(
      { host: '127.0.0.1', port: listener.port },
      () => assert.fail('nobody connects'),
      (reason) => void reasons.push(reason),
    );

    await until(() => reasons.length > 0);

    assert.match(reasons[0] ?? '', /EADDRINUSE/);
    near.link?.destroy();
    listener.close();
  });
});
