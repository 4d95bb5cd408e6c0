import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ClientConnection } from '../../../../docker/zab/src/server/client-connection.ts';
import { ReplyBacklog } from '../../../../docker/zab/src/server/reply-backlog.ts';

const kib = 1024;

/** A connection whose network has taken nothing of `unsentBytes`. */
function behind(unsentBytes: number): ClientConnection & { link: { bufferedBytes: number } } {
  const nothing = () => {};
  const link = {
    remote: { host: '10.0.0.1', port: 1 },
    bufferedBytes: unsentBytes,
    write: nothing,
    writeAll: nothing,
    pause: nothing,
    resume: nothing,
    end: nothing,
    destroy: nothing,
  };
  const options = { maxFrameBytes: kib, nowMs: 0, becameDirty: nothing, closed: nothing };
  return Object.assign(new ClientConnection(link, options), { link });
}

describe('the backlog of replies', () => {
  it('lets a client be a megabyte behind, and nothing behind while memory is scarce', () => {
    const backlog = new ReplyBacklog({ scarceBytes: 1_000 * kib, maxBytes: 2_000 * kib });
    const [one, other, quick] = [behind(900 * kib), behind(200 * kib), behind(0)];
    backlog.update(one);
    assert(backlog.mayGrow(one));
    backlog.update(other);
    assert(!backlog.mayGrow(one) && !backlog.mayGrow(other));
    assert(backlog.mayGrow(quick));

    other.link.bufferedBytes = 0;
    backlog.update(other);
    assert(backlog.mayGrow(one));
    one.link.bufferedBytes = 1_025 * kib;
    assert(!backlog.mayGrow(one));
  });

  it('names whoever is furthest behind when there is too much', () => {
    const backlog = new ReplyBacklog({ scarceBytes: 100 * kib, maxBytes: 1_000 * kib });
    const [most, last] = [behind(600 * kib), behind(500 * kib)];
    assert.equal(backlog.update(most), null);
    assert.equal(backlog.update(last), most);

    most.closed();
    backlog.remove(most);
    assert.equal(backlog.bytes, 500 * kib);
  });

  it('does not count what a link need not tell that it has sent', () => {
    const backlog = new ReplyBacklog();
    backlog.update(behind(900 * kib));
    backlog.update(behind(63 * kib));
    assert.equal(backlog.bytes, 900 * kib);
  });
});
