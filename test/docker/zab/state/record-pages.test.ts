import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { DataTree } from '../../../../docker/zab/src/state/data-tree.ts';
import { RecordPages, slotBytesFor, type RecordPage } from '../../../../docker/zab/src/state/record-pages.ts';
import { openAcl } from '../../../../harness/wire/records.ts';
import { noSession } from '../../../../harness/wire/session-id.ts';

describe('record pages', () => {
  it('waste at most 15 bytes of a small slot, and an eighth of a large one', () => {
    for (let bytes = 64; bytes < 200_000; bytes += 1 + (bytes >> 6)) {
      const slotBytes = slotBytesFor(bytes);
      assert.ok(slotBytes >= bytes && slotBytes % 8 === 0, `${slotBytes} for ${bytes}`);
      assert.ok(slotBytes - bytes < Math.max(16, bytes / 8), `${slotBytes} for ${bytes}`);
    }
  });

  it('give no byte to two records', () => {
    const size = fc.integer({ min: 64, max: 20_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), size, fc.nat()), { maxLength: 200 }), (steps) => {
        const pages = new RecordPages();
        const records: { page: RecordPage; at: number; mark: number }[] = [];
        for (const [index, [isRemoval, bytes, which]] of steps.entries()) {
          if (isRemoval && records.length > 0) {
            const [gone] = records.splice(which % records.length, 1);
            if (gone !== undefined) pages.giveBack(gone.page, gone.at);
          } else {
            const page = pages.pageFor(bytes);
            const at = page.take();
            page.bytes.fill(index, at, at + page.slotBytes);
            records.push({ page, at, mark: index });
          }
        }

        for (const { page, at, mark } of records) {
          const slot = page.bytes.subarray(at, at + page.slotBytes);
          assert.equal(slot.length, page.slotBytes);
          assert.ok(slot.every((byte) => byte === mark % 256));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('use what was given back, and let go of pages without a record', () => {
    const pages = new RecordPages();
    const taken = Array.from({ length: 2_000 }, () => {
      const page = pages.pageFor(164);
      return { page, at: page.take() };
    });
    const before = new Set(taken.map(({ page }) => page));
    for (const { page, at } of taken.splice(0, 1_000)) pages.giveBack(page, at);
    for (let index = 0; index < 500; index++) taken.push({ page: pages.pageFor(164), at: 0 });

    assert.ok(taken.every(({ page }) => before.has(page)));
    assert.ok(before.size > 4);
  });
});

describe('the memory of a tree', () => {
  it('keeps every znode as it is while others grow, shrink, come and go', () => {
    const write = fc.record({
      name: fc.nat(12),
      size: fc.integer({ min: -1, max: 3_000 }),
      isRemoval: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 150 }), (writes) => {
        const tree = DataTree.empty({ extendedTypes: false });
        const expected = new Map<string, Buffer | null>();
        for (const [index, { name, size, isRemoval }] of writes.entries()) {
          const path = `/${name}`;
          const data = size === -1 ? null : Buffer.alloc(size, index);
          const stamp = { zxid: index + 1, time: index };
          if (isRemoval) {
            tree.delete(path, stamp.zxid);
            expected.delete(path);
          } else {
            if (expected.has(path)) tree.setData({ path, data, version: index, ...stamp });
            else tree.create({ path, data, acl: openAcl, owner: noSession, parentCversion: -1, ...stamp });
            expected.set(path, data);
          }
        }

        for (const [path, data] of expected) {
          assert.deepEqual(tree.get(path)?.data, data, path);
          assert.equal(tree.get(path)?.dataBytes, data?.length ?? 0);
        }
      }),
      { numRuns: 100 },
    );
  });
});
