import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ZxidMap } from '../../../checkers/trace/zxid-map.ts';
import { zxid } from './scene.ts';

describe('a map by zxid', () => {
  it('keeps what was set last, in every epoch', () => {
    const map = new ZxidMap<string>();
    map.set(zxid(1, 1), 'a');
    map.set(zxid(2, 1), 'b');
    map.set(zxid(1, 1), 'c');

    assert.equal(map.get(zxid(1, 1)), 'c');
    assert.equal(map.get(zxid(2, 1)), 'b');
    assert.equal(map.get(zxid(1, 2)), undefined);
  });
});
