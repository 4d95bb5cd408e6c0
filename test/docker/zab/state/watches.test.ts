import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'mocha';
import { EventType } from '../../../../harness/wire/constants.ts';
import type { Change } from '../../../../docker/zab/src/core/events.ts';
import { catchUpWatches } from '../../../../docker/zab/src/state/watch-catch-up.ts';
import { WatchTable } from '../../../../docker/zab/src/state/watches.ts';
import { create, setData } from './requests.ts';
import { StateServer } from './state-server.ts';

const { CREATED, DELETED, DATA_CHANGED, CHILDREN_CHANGED } = EventType;

let watches: WatchTable<string>;

function fired(type: Change['type'], path: string): unknown[] {
  return watches
    .fire({ type, path })
    .map(({ connection, eventType, path: at }) => [connection, eventType, at]);
}

describe('watches', () => {
  beforeEach(() => {
    watches = new WatchTable<string>();
    watches.addData('/p/c', 'data');
    watches.addData('/p/c', 'both');
    watches.addChild('/p/c', 'both');
    watches.addChild('/p/c', 'child');
    watches.addChild('/p', 'parent');
    watches.addData('/p', 'parent data');
  });

  it('tell of a created znode: who waits for it, then who watches the parent for children', () => {
    assert.deepEqual(fired('created', '/p/c'), [
      ['data', CREATED, '/p/c'],
      ['both', CREATED, '/p/c'],
      ['parent', CHILDREN_CHANGED, '/p'],
    ]);
  });

  it('tell of changed data to who watches the data only', () => {
    assert.deepEqual(fired('dataChanged', '/p/c'), [
      ['data', DATA_CHANGED, '/p/c'],
      ['both', DATA_CHANGED, '/p/c'],
    ]);
  });

  it('tell of a deleted znode once per connection, then the parent', () => {
    assert.deepEqual(fired('deleted', '/p/c'), [
      ['data', DELETED, '/p/c'],
      ['both', DELETED, '/p/c'],
      ['child', DELETED, '/p/c'],
      ['parent', CHILDREN_CHANGED, '/p'],
    ]);
    assert.equal(watches.watchCount, 1);
  });

  it('tell the root of its children', () => {
    watches.addChild('/', 'root');

    assert.deepEqual(fired('created', '/new'), [['root', CHILDREN_CHANGED, '/']]);
  });

  it('fire once', () => {
    fired('dataChanged', '/p/c');

    assert.deepEqual(fired('dataChanged', '/p/c'), []);
  });

  it('fire once even when they were set twice', () => {
    watches.addData('/p/c', 'data');

    assert.equal(fired('dataChanged', '/p/c').length, 2);
  });

  it('can be set again after they fired', () => {
    fired('dataChanged', '/p/c');
    watches.addData('/p/c', 'data');

    assert.deepEqual(fired('dataChanged', '/p/c'), [['data', DATA_CHANGED, '/p/c']]);
  });

  it('go with their connection', () => {
    watches.removeConnection('both');
    watches.removeConnection('parent');

    assert.deepEqual(fired('deleted', '/p/c'), [
      ['data', DELETED, '/p/c'],
      ['child', DELETED, '/p/c'],
    ]);
  });

  it('can be taken back one by one', () => {
    assert(watches.has('child', '/p/c', 'both'));
    assert(watches.remove('child', '/p/c', 'both'));

    assert(!watches.has('child', '/p/c', 'both'));
    assert(!watches.remove('child', '/p/c', 'both'));
    assert(watches.has('data', '/p/c', 'both'));
  });

  it('are counted', () => {
    assert.equal(watches.watchCount, 6);
    assert.deepEqual(watches.dataWatches, { connections: 3, paths: 2, watches: 3 });

    for (const each of ['data', 'both', 'child', 'parent', 'parent data']) watches.removeConnection(each);

    assert.equal(watches.watchCount, 0);
    assert.deepEqual(watches.dataWatches, { connections: 0, paths: 0, watches: 0 });
  });
});

describe('watches of a client that comes back', () => {
  it('fire at once for what was missed, and wait for the rest', () => {
    const server = StateServer.serving();
    server.write(create('/quiet'));
    server.write(create('/changed'));
    server.write(create('/seen'));
    const relativeZxid = server.database.lastProcessedZxid;
    server.write(setData('/changed', 'new'));
    server.write(create('/quiet/child'));
    server.write(create('/came'));

    const caughtUp = catchUpWatches(server.database.tree, {
      relativeZxid,
      dataWatches: ['/quiet', '/gone', '/changed', '/seen'],
      existWatches: ['/came', '/never'],
      childWatches: ['/quiet', '/gone', '/changed', '/seen'],
    });

    assert.deepEqual(caughtUp, {
      events: [
        { eventType: DELETED, path: '/gone' },
        { eventType: DATA_CHANGED, path: '/changed' },
        { eventType: CREATED, path: '/came' },
        { eventType: CHILDREN_CHANGED, path: '/quiet' },
        { eventType: DELETED, path: '/gone' },
      ],
      dataWatches: ['/quiet', '/seen', '/never'],
      childWatches: ['/changed', '/seen'],
    });
  });
});
