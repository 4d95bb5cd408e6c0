import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { beforeEach, describe, it } from 'mocha';
import * as fc from 'fast-check';
import { EventType } from '../../../../harness/wire/constants.ts';
import type { Change } from '../../../../docker/zab/src/core/events.ts';
import { WatchTable } from '../../../../docker/zab/src/state/watches.ts';

const { CREATED, DELETED, DATA_CHANGED, CHILDREN_CHANGED } = EventType;
const [persistent, recursive] = [0, 1] as const;

let watches: WatchTable<string>;

function fired(type: Change['type'], path: string): unknown[] {
  return watches
    .fire({ type, path })
    .map(({ connection, eventType, path: at }) => [connection, eventType, at]);
}

describe('persistent watches', () => {
  beforeEach(() => {
    watches = new WatchTable<string>();
  });

  it('stay when they fire, and tell of the znode and of its children', () => {
    watches.addPersistent('/a', 'c', persistent);

    for (let round = 0; round < 2; round++) {
      assert.deepEqual(fired('created', '/a'), [['c', CREATED, '/a']]);
      assert.deepEqual(fired('dataChanged', '/a'), [['c', DATA_CHANGED, '/a']]);
      assert.deepEqual(fired('created', '/a/b'), [['c', CHILDREN_CHANGED, '/a']]);
      assert.deepEqual(fired('dataChanged', '/a/b'), []);
      assert.deepEqual(fired('created', '/a/b/c'), []);
      assert.deepEqual(fired('deleted', '/a'), [['c', DELETED, '/a']]);
    }
  });

  it('on a parent and its child tell of both when the child is made', () => {
    watches.addPersistent('/a', 'c', persistent);
    watches.addPersistent('/a/b', 'c', persistent);

    assert.deepEqual(fired('created', '/a/b'), [
      ['c', CREATED, '/a/b'],
      ['c', CHILDREN_CHANGED, '/a'],
    ]);
  });

  it('are not spent by a one-shot watch of the same path, which is', () => {
    watches.addPersistent('/a', 'c', persistent);
    watches.addData('/a', 'c');
    watches.addChild('/a', 'c');

    for (let round = 0; round < 2; round++) {
      assert.deepEqual(fired('dataChanged', '/a'), [['c', DATA_CHANGED, '/a']]);
      assert.deepEqual(fired('created', '/a/b'), [['c', CHILDREN_CHANGED, '/a']]);
    }
    assert.equal(watches.watchCount, 2);
  });

  it('go with one removal, whatever else the entry stands for', () => {
    watches.addPersistent('/a', 'c', persistent);
    watches.addPersistent('/a', 'c', recursive);
    watches.addData('/a', 'c');

    assert(watches.remove('data', '/a', 'c'));

    assert(!watches.has('data', '/a', 'c'));
    assert(watches.has('child', '/a', 'c'));
    assert.deepEqual(fired('dataChanged', '/a/b'), []);
    assert.deepEqual(fired('deleted', '/a'), [['c', DELETED, '/a']]);
  });

  it('are counted once in each table', () => {
    watches.addPersistent('/a', 'c', persistent);
    watches.addPersistent('/a', 'c', recursive);

    assert.equal(watches.watchCount, 2);
    assert.deepEqual(watches.dataWatches, { connections: 1, paths: 1, watches: 1 });
  });
});

describe('recursive watches', () => {
  beforeEach(() => {
    watches = new WatchTable<string>();
    watches.addPersistent('/a', 'c', recursive);
  });

  it('tell of everything below, by its own path, and never of children', () => {
    assert.deepEqual(fired('created', '/a'), [['c', CREATED, '/a']]);
    assert.deepEqual(fired('created', '/a/b/c'), [['c', CREATED, '/a/b/c']]);
    assert.deepEqual(fired('dataChanged', '/a/b'), [['c', DATA_CHANGED, '/a/b']]);
    assert.deepEqual(fired('deleted', '/a/b/c'), [['c', DELETED, '/a/b/c']]);
    assert.deepEqual(fired('created', '/ab'), []);
    assert.deepEqual(fired('created', '/b/a'), []);
  });

  it('of the root tell of the whole tree', () => {
    watches.addPersistent('/', 'r', recursive);

    assert.deepEqual(fired('dataChanged', '/x/y'), [['r', DATA_CHANGED, '/x/y']]);
    assert.deepEqual(fired('created', '/'), [['r', CREATED, '/']]);
  });

  it('tell a connection once, however many of its watches lie on the way', () => {
    watches.addPersistent('/', 'c', recursive);
    watches.addPersistent('/a/b', 'c', recursive);
    watches.addData('/a/b', 'c');
    watches.addChild('/a/b', 'c');

    assert.deepEqual(fired('deleted', '/a/b'), [['c', DELETED, '/a/b']]);
  });

  it('leave a one-shot watch for children its event', () => {
    watches.addChild('/a', 'c');

    assert.deepEqual(fired('created', '/a/b'), [
      ['c', CREATED, '/a/b'],
      ['c', CHILDREN_CHANGED, '/a'],
    ]);
    assert.deepEqual(fired('created', '/a/c'), [['c', CREATED, '/a/c']]);
  });

  it('go with their connection', () => {
    watches.removeConnection('c');

    assert.deepEqual(fired('created', '/a/b'), []);
    assert.equal(watches.watchCount, 0);
  });

  it('are found without a look at who else watches the ancestors', () => {
    for (let index = 0; index < 20_000; index++) watches.addData('/a', `other ${index}`);
    const began = performance.now();
    for (let index = 0; index < 20_000; index++) watches.fire({ type: 'dataChanged', path: '/a/b' });

    // A walk over the others would be 400 million steps.
    assert(performance.now() - began < 2_000);
  });
});

/** What the tables mean, said as plainly as can be: one list, looked through from end to end. */
class NaiveWatches {
  #entries: { table: 'data' | 'child'; path: string; connection: string; kind: number }[] = [];

  add(table: 'data' | 'child', path: string, connection: string, kind: number): void {
    this.#entries.push({ table, path, connection, kind });
  }

  remove(table: 'data' | 'child', path: string, connection: string): void {
    this.#keep((entry) => entry.table !== table || entry.path !== path || entry.connection !== connection);
  }

  removeConnection(connection: string): void {
    this.#keep((entry) => entry.connection !== connection);
  }

  fire(type: Change['type'], path: string): string[] {
    const parent = path.lastIndexOf('/') === 0 ? '/' : path.slice(0, path.lastIndexOf('/'));
    const told = this.#take('data', path, type);
    const lines = told.map((connection) => `${type} ${path} ${connection}`);
    if (type === 'deleted') {
      const more = this.#take('child', path, type).filter((connection) => !told.includes(connection));
      lines.push(...more.map((connection) => `${type} ${path} ${connection}`));
    }
    if (type === 'dataChanged') return lines;
    return [...lines, ...this.#take('child', parent, 'children').map((each) => `children ${parent} ${each}`)];
  }

  #take(table: 'data' | 'child', path: string, type: string): string[] {
    const concerned = this.#entries.filter((entry) => {
      if (entry.table !== table) return false;
      if (entry.kind !== recursive) return entry.path === path;
      const isBelow = entry.path === '/' || `${path}/`.startsWith(`${entry.path}/`);
      return type !== 'children' && isBelow;
    });
    this.#keep((entry) => entry.kind !== -1 || entry.table !== table || entry.path !== path);
    return [...new Set(concerned.map(({ connection }) => connection))];
  }

  #keep(isKept: (entry: { table: string; path: string; connection: string; kind: number }) => boolean): void {
    this.#entries = this.#entries.filter(isKept);
  }
}

describe('watches of every kind', () => {
  it('agree with a list that is looked through from end to end', () => {
    const path = fc.constantFrom('/', '/a', '/a/b', '/a/b/c', '/d');
    const connection = fc.constantFrom('x', 'y');
    const step = fc.oneof(
      fc.tuple(fc.constantFrom('data', 'child', 'persistent', 'recursive', 'remove'), path, connection),
      fc.tuple(fc.constantFrom('created', 'deleted', 'dataChanged'), path, fc.constant('')),
      fc.tuple(fc.constant('gone'), path, connection),
    );
    const names: Readonly<Record<number, string>> = {
      [CREATED]: 'created',
      [DELETED]: 'deleted',
      [DATA_CHANGED]: 'dataChanged',
      [CHILDREN_CHANGED]: 'children',
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const table = new WatchTable<string>();
        const naive = new NaiveWatches();
        for (const [what, at, by] of steps) {
          switch (what) {
            case 'data':
              table.addData(at, by);
              naive.add('data', at, by, -1);
              break;
            case 'child':
              table.addChild(at, by);
              naive.add('child', at, by, -1);
              break;
            case 'persistent':
            case 'recursive': {
              const mode = what === 'persistent' ? persistent : recursive;
              table.addPersistent(at, by, mode);
              naive.add('data', at, by, mode);
              naive.add('child', at, by, mode);
              break;
            }
            case 'remove':
              table.remove('data', at, by);
              naive.remove('data', at, by);
              break;
            case 'gone':
              table.removeConnection(by);
              naive.removeConnection(by);
              break;
            default: {
              const ours = table.fire({ type: what, path: at });
              const lines = ours.map((each) => `${names[each.eventType]} ${each.path} ${each.connection}`);
              assert.deepEqual(lines.toSorted(), naive.fire(what, at).toSorted());
            }
          }
        }
        for (const each of ['x', 'y']) table.removeConnection(each);
        assert.equal(table.watchCount, 0);
      }),
    );
  });
});
