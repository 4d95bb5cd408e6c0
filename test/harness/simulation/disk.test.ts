import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import type { DiskOperation } from '../../../docker/zab/src/server/ports.ts';
import { Random } from '../../../harness/random/random.ts';
import { SimulatedDisk } from '../../../harness/simulation/disk.ts';
import { atOnce } from '../../../harness/simulation/executor.ts';
import { Scheduler } from '../../../harness/simulation/scheduler.ts';
import { TraceHash } from '../../../harness/simulation/trace-hash.ts';

const directory: DiskOperation = { type: 'makeDirectory', path: '/data' };
const append = (path: string, text: string): DiskOperation => ({
  type: 'append',
  path,
  chunks: [Buffer.from(text)],
  position: 0,
});
const sync = (path: string): DiskOperation => ({ type: 'sync', path });
const syncDirectory: DiskOperation = { type: 'syncDirectory', path: '/data' };

class TestDisk {
  readonly scheduler = new Scheduler(new TraceHash());
  readonly disk: SimulatedDisk;

  constructor(seed: number | string = 1) {
    this.disk = new SimulatedDisk({ scheduler: this.scheduler, random: new Random(seed) });
  }

  /** Submits, lets everything happen, and gives the error code. */
  do(...operations: DiskOperation[]): string | null {
    let outcome: string | null = 'unanswered';
    this.submit(operations, (code) => (outcome = code));
    while (this.scheduler.runNext());
    return outcome;
  }

  submit(operations: DiskOperation[], done: (code: string | null) => void = () => {}): void {
    this.disk.portFor(atOnce).submit(operations, (error) => done(error?.code ?? null));
  }

  text(path: string): string | null {
    return this.disk.read(path)?.toString() ?? null;
  }
}

describe('simulated disk', () => {
  it('carries batches out in order and answers after the fsync', () => {
    const disk = new TestDisk();
    const answers: string[] = [];
    disk.submit([directory, append('/data/log', 'one '), sync('/data/log')], () => {
      answers.push(`first at ${disk.scheduler.nowNs >= 200_000}`);
    });
    disk.submit([append('/data/log', 'two')], () => answers.push('second'));
    assert.deepEqual(answers, [], 'nothing is answered from inside submit');

    while (disk.scheduler.runNext());

    assert.deepEqual(answers, ['first at true', 'second']);
    assert.equal(disk.text('/data/log'), 'one two');
    assert.deepEqual(disk.disk.list('/data'), ['log']);
  });

  it('takes what a callback submits', () => {
    const disk = new TestDisk();
    const answers: string[] = [];
    disk.submit([directory, append('/data/log', 'one ')], () => {
      answers.push('first');
      disk.submit([append('/data/log', 'two')], () => answers.push('second'));
    });

    while (disk.scheduler.runNext());

    assert.deepEqual(answers, ['first', 'second']);
    assert.equal(disk.text('/data/log'), 'one two');
  });

  it('keeps after kill -9 what was written, synced or not, and forgets what was not begun', () => {
    const disk = new TestDisk();
    disk.do(directory, append('/data/log', 'synced '), sync('/data/log'));
    const answers: (string | null)[] = [];
    disk.submit([append('/data/log', 'written '), sync('/data/log')], (code) => answers.push(code));
    disk.submit([append('/data/log', 'queued')], (code) => answers.push(code));

    disk.disk.dropRequests();
    while (disk.scheduler.runNext());

    assert.equal(disk.text('/data/log'), 'synced written ');
    assert.deepEqual(answers, []);
    assert.equal(disk.do(append('/data/log', 'later')), null, 'the next incarnation can write');
    assert.equal(disk.text('/data/log'), 'synced written later');
  });

  it('may lose or tear in a power loss what was not synced, and nothing else', () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const disk = new TestDisk(seed);
      disk.do(directory, append('/data/log', 'synced|'), sync('/data/log'), syncDirectory);
      disk.do(append('/data/log', 'unsynced'));

      disk.disk.losePower();

      const text = disk.text('/data/log')!;
      assert.ok(text.startsWith('synced|'), text);
      const rest = text.slice('synced|'.length);
      const kept = rest.replaceAll('\0', '');
      assert.ok('unsynced'.startsWith(kept), rest);
      assert.ok(rest === kept || rest.length === 'unsynced'.length, 'zeros fill up to the written length');
      outcomes.add(rest === kept ? kept : 'zeros');
    }
    for (const wanted of ['', 'unsynced', 'zeros', 'uns']) assert.ok(outcomes.has(wanted), wanted);
  });

  it('gives back after a power loss a content that an unsynced truncation cut', () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const disk = new TestDisk(seed);
      disk.do(directory, append('/data/log', 'abcdef'), sync('/data/log'), syncDirectory);
      disk.do({ type: 'truncate', path: '/data/log', size: 3 }, append('/data/log', 'XY'));
      disk.do({ type: 'truncate', path: '/data/log', size: 2 });
      assert.equal(disk.text('/data/log'), 'ab');

      disk.disk.losePower();
      outcomes.add(disk.text('/data/log')!);
    }
    assert.deepEqual([...outcomes].sort(), ['ab', 'abcdef']);
  });

  it('may undo names that no directory sync made durable, the latest first', () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const disk = new TestDisk(seed);
      disk.do(directory, append('/data/epoch', '1'), sync('/data/epoch'), syncDirectory);
      disk.do(append('/data/epoch.tmp', '2'), sync('/data/epoch.tmp'));
      disk.do({ type: 'rename', from: '/data/epoch.tmp', to: '/data/epoch' });
      disk.do({ type: 'remove', path: '/data/epoch' });
      disk.disk.losePower();
      outcomes.add(`${disk.disk.list('/data').join(' ')} = ${disk.text('/data/epoch')}`);
    }
    assert.deepEqual([...outcomes].sort(), [' = null', 'epoch = 1', 'epoch = 2', 'epoch epoch.tmp = 1']);
  });

  it('keeps names that a directory sync made durable', () => {
    for (let seed = 0; seed < 50; seed++) {
      const disk = new TestDisk(seed);
      disk.do(directory, append('/data/new', 'x'), sync('/data/new'), syncDirectory);
      disk.disk.losePower();
      assert.equal(disk.text('/data/new'), 'x');
    }
  });

  it('never loses a synced byte, whatever is done and wherever power fails', () => {
    const operation = fc.oneof(
      fc.string({ minLength: 1, maxLength: 9 }).map((text) => append('/data/log', text)),
      fc.constant(sync('/data/log')),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 12 }), fc.nat(), fc.nat(40), (operations, seed, cut) => {
        const disk = new TestDisk(seed);
        disk.do(directory, append('/data/log', ''), sync('/data/log'), syncDirectory);
        let written = '';
        let durable = '';
        for (const one of operations) {
          if (one.type === 'append') written += one.chunks[0]!.toString();
          const before = written;
          disk.submit([one], () => {
            if (one.type === 'sync') durable = before;
          });
        }
        for (let count = 0; count < cut; count++) disk.scheduler.runNext();

        disk.disk.losePower();

        const text = disk.text('/data/log')!;
        assert.ok(text.startsWith(durable), `${JSON.stringify(text)} lost of ${JSON.stringify(durable)}`);
      }),
    );
  });

  it('fails with the code of an injected fault, and recovers', () => {
    const disk = new TestDisk();
    disk.do(directory, append('/data/log', 'before '));

    disk.disk.fault = 'ENOSPC';
    assert.equal(disk.do(append('/data/log', 'lost'), sync('/data/log')), 'ENOSPC');
    assert.match(disk.text('/data/log') ?? '', /^before (|l|lo|los)$/, 'what fitted is there');
    disk.disk.fault = 'EIO';
    assert.equal(disk.do(sync('/data/log')), 'EIO');
    disk.disk.fault = null;

    assert.equal(disk.do({ type: 'truncate', path: '/data/log', size: 7 }), null);
    assert.equal(disk.do(append('/data/log', 'after'), sync('/data/log')), null);
    assert.equal(disk.text('/data/log'), 'before after');
  });

  it('answers ENOENT for files and directories that are not there', () => {
    const disk = new TestDisk();

    assert.equal(disk.do(append('/nowhere/log', 'x')), 'ENOENT');
    assert.equal(disk.do(sync('/data/log')), 'ENOENT');
    assert.equal(disk.disk.read('/data/log'), null);
    assert.deepEqual(disk.disk.list('/data'), []);
  });
});
