import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { JuteReader } from '../../../harness/wire/jute.ts';
import { counterOf, epochLimit, epochOf, formatZxid, makeZxid } from '../../../harness/wire/zxid.ts';

describe('zxid', () => {
  it('takes its epoch and its counter apart again, up to the last epoch that a double carries', () => {
    const epochs = fc.integer({ min: 0, max: epochLimit - 1 });
    const counters = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(epochs, counters, (epoch, counter) => {
        const zxid = makeZxid(epoch, counter);

        assert.ok(Number.isSafeInteger(zxid));
        assert.equal(epochOf(zxid), epoch);
        assert.equal(counterOf(zxid), counter);
      }),
    );
  });

  it('is refused by the decoder from the first epoch on that a double would round', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(epochLimit, 0);
    assert.throws(() => new JuteReader(bytes).readLong(), /a long beyond 2\^53/);

    bytes.writeUInt32BE(epochLimit - 1, 0);
    assert.equal(new JuteReader(bytes).readLong(), makeZxid(epochLimit - 1, 0));
  });

  it('prints as Apache ZooKeeper prints it', () => {
    assert.equal(formatZxid(makeZxid(1, 2)), '0x100000002');
    assert.equal(formatZxid(0), '0x0');
    assert.equal(formatZxid(-1), '0xffffffffffffffff');
  });
});
