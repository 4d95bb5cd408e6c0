import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { passHistory } from '../../checkers/pass-history.ts';
import type { Onlooker } from '../../checkers/pass-history.ts';
import type { Judge } from '../../checkers/verdict.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { draw, read, write } from './draw.ts';

class Listener implements Judge {
  readonly seen: string[] = [];
  readonly #f: string;

  constructor(f: string) {
    this.#f = f;
  }

  concerns({ f, process }: Pick<Operation, 'f' | 'process'>): boolean {
    return f === this.#f && process !== 'nemesis';
  }

  take({ type, index }: Operation, invocation: Operation | null): void {
    this.seen.push(`${type} ${index}${invocation === null ? '' : ` of ${invocation.index}`}`);
    if (this.#f === 'read' && type === 'ok') throw new RangeError('too much');
  }

  conclude(): never {
    throw new Error('nobody asks');
  }
}

describe('one pass over a history', () => {
  const history = draw(
    [
      write(1, { process: 1, from: 0, to: 30 }),
      read(1, { process: 2, from: 10, to: 20 }),
      read(1, { process: 3, from: 40, to: 41 }),
      write(2, { process: 4, from: 50 }),
    ],
    [{ at: 5, f: 'write' }],
  );

  it('shows each judge what concerns it, each completion with its invocation', () => {
    const writes = new Listener('write');

    const [passed] = passHistory([writes], history);

    assert.deepEqual(writes.seen, ['invoke 0', 'ok 4 of 0', 'invoke 7']);
    assert.deepEqual(passed, { crash: null, open: [history[7]] });
  });

  it('goes on without a judge that crashed', () => {
    const [reads, writes] = [new Listener('read'), new Listener('write')];

    const passed = passHistory([reads, writes], history);

    assert.deepEqual(reads.seen, ['invoke 2', 'ok 3 of 2']);
    assert.equal(writes.seen.length, 3);
    assert.deepEqual(
      passed.map(({ crash }) => crash?.message),
      ['too much', undefined],
    );
  });

  it('lets nobody conclude from what is no history, whoever it concerns', () => {
    const passed = passHistory([new Listener('write')], history.slice(3));

    assert.match(passed[0]?.crash?.message ?? '', /completes nothing/);
  });

  it('reads no further than it has come', () => {
    const unreadable = function* (): Generator<Operation> {
      yield* history.slice(0, 1);
      throw new Error('the disk is gone');
    };

    assert.throws(() => passHistory([new Listener('write')], unreadable()), /the disk is gone/);
  });

  it('shows an onlooker every entry, and the end where the history has one', () => {
    const onlooker = (): { seen: (number | null)[]; open: number[] | null } & Onlooker => ({
      seen: [],
      open: null,
      take({ index }, invocation) {
        this.seen.push(index, invocation?.index ?? null);
      },
      end(open) {
        this.open = open.map(({ index }) => index);
      },
    });
    const [whole, broken] = [onlooker(), onlooker()];

    passHistory([new Listener('write')], history, whole);
    passHistory([new Listener('write')], history.slice(3), broken);

    assert.equal(whole.seen.length, 2 * history.length);
    assert.deepEqual(whole.seen.slice(8, 10), [4, 0]);
    assert.deepEqual(whole.open, [7]);
    assert.equal(broken.open, null);
  });
});
