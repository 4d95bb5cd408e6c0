import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ZxidMap } from '../../../checkers/trace/zxid-map.ts';
import { zxid } from './scene.ts';

describe('a map by zxid', () => {
  it('keeps what came first, in every epoch', () => {
    const map = new ZxidMap<string>();

    assert.equal(map.keepFirst(zxid(1, 1), 'a'), 'a');
    assert.equal(map.keepFirst(zxid(2, 1), 'b'), 'b');
    assert.equal(map.keepFirst(zxid(1, 1), 'c'), 'a');

    assert.equal(map.get(zxid(1, 1)), 'a');
    assert.equal(map.get(zxid(2, 1)), 'b');
    assert.equal(map.get(zxid(1, 2)), undefined);
  });
});
