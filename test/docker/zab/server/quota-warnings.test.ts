import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { QuotaWarnings } from '../../../../docker/zab/src/server/quota-warnings.ts';
import { MemoryWorld } from './memory-world.ts';

describe('quota warnings', () => {
  it('name the quota, its use and its limit, and come again after a minute', () => {
    const world = new MemoryWorld();
    const lines: string[] = [];
    const warnings = new QuotaWarnings(
      world.clock(),
      (level, message) => void lines.push(`${level} ${message}`),
    );
    const tell = (path: string, used: number): void =>
      warnings.tell({ path, of: 'count', used, limit: 2, isHard: false });

    tell('/p', 3);
    tell('/p', 4);
    tell('/q', 3);
    world.run(60_000);
    tell('/p', 5);

    assert.deepEqual(lines, [
      'warn quota of /p exceeded: count 3, soft limit 2',
      'warn quota of /q exceeded: count 3, soft limit 2',
      'warn quota of /p exceeded: count 5, soft limit 2',
    ]);
  });

  it('forget quotas rather than grow without bound', () => {
    const world = new MemoryWorld();
    let count = 0;
    const warnings = new QuotaWarnings(world.clock(), () => void count++);
    const tell = (path: string): void =>
      warnings.tell({ path, of: 'bytes', used: 3, limit: 2, isHard: true });
    for (let index = 0; index <= 1_000; index++) tell(`/${index}`);

    tell('/1000');
    assert.equal(count, 1_001);
    tell('/0');
    assert.equal(count, 1_002);
  });
});
