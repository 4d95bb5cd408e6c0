// Creates, writes and deletes, and what the Stats say of them.

import { ask, create, create2, exists, get, list, placeBirth, remove, script, set, stat } from './script.ts';
import type { Script } from './script.ts';

export const znodeScripts: readonly Script[] = [
  script('a new znode shows its birth in every field', [
    ask(create('a', 'xyz'), { path: 'a' }, 'birth'),
    ask(get('a'), { data: '"xyz"', stat: stat('birth', { dataLength: 3 }) }),
    ask(exists('a'), { stat: stat('birth', { dataLength: 3 }) }),
  ]),
  script('a create that asks for the Stat is answered with it', [
    ask(create2('a', 'xyz'), { path: 'a', stat: stat('birth', { dataLength: 3 }) }, 'birth'),
    ask(exists('a'), { stat: stat('birth', { dataLength: 3 }) }),
  ]),
  script('a parent counts the creates of its children', [
    ask(create('a'), { path: 'a' }, 'first'),
    ask(create('b'), { path: 'b' }, 'second'),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'second', cversion: 2, numChildren: 2 }) }),
  ]),
  script('a parent counts the deletes of its children', [
    ask(create('a'), { path: 'a' }, 'first'),
    ask(create('b'), { path: 'b' }, 'second'),
    ask(remove('a'), {}, 'end'),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'end', cversion: 3, numChildren: 1 }) }),
    ask(remove('b'), {}, 'last'),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'last', cversion: 4 }) }),
  ]),
  script('a grandchild leaves the Stat alone', [
    ask(create('a'), { path: 'a' }, 'child'),
    ask(create('a/b'), { path: 'a/b' }, 'grandchild'),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'child', cversion: 1, numChildren: 1 }) }),
    ask(exists('a'), { stat: stat('child', { pzxid: 'grandchild', cversion: 1, numChildren: 1 }) }),
  ]),
  script('a write of data leaves the parent alone', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(set('a', 'x'), { stat: stat('birth', { mzxid: 'write', version: 1, dataLength: 1 }) }, 'write'),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'birth', cversion: 1, numChildren: 1 }) }),
  ]),
  script('a write raises the version by one and moves mzxid', [
    ask(create('a', '1'), { path: 'a' }, 'birth'),
    ask(set('a', '22'), { stat: stat('birth', { mzxid: 'one', version: 1, dataLength: 2 }) }, 'one'),
    ask(set('a', '333'), { stat: stat('birth', { mzxid: 'two', version: 2, dataLength: 3 }) }, 'two'),
    ask(get('a'), { data: '"333"', stat: stat('birth', { mzxid: 'two', version: 2, dataLength: 3 }) }),
  ]),
  script('a write on condition wants exactly the present version', [
    ask(create('a', '1'), { path: 'a' }, 'birth'),
    ask(set('a', '2', 1), 'BADVERSION'),
    ask(set('a', '2', 0), { stat: stat('birth', { mzxid: 'one', version: 1, dataLength: 1 }) }, 'one'),
    ask(set('a', '3', 0), 'BADVERSION'),
    ask(set('a', '3', 2), 'BADVERSION'),
    ask(get('a'), { data: '"2"', stat: stat('birth', { mzxid: 'one', version: 1, dataLength: 1 }) }),
  ]),
  script('version -1 is any version', [
    ask(create('a', '1'), { path: 'a' }, 'birth'),
    ask(set('a', '2'), { stat: stat('birth', { mzxid: 'one', version: 1, dataLength: 1 }) }, 'one'),
    ask(set('a', '3', -1), { stat: stat('birth', { mzxid: 'two', version: 2, dataLength: 1 }) }, 'two'),
    ask(set('a', '4', -2), 'BADVERSION'),
    ask(remove('a', -1)),
    ask(exists('a'), 'NONODE'),
  ]),
  script('a write of the same data is a write', [
    ask(create('a', 'x'), { path: 'a' }, 'birth'),
    ask(set('a', 'x'), { stat: stat('birth', { mzxid: 'again', version: 1, dataLength: 1 }) }, 'again'),
  ]),
  script('a delete on condition wants exactly the present version', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(set('a', 'x'), { stat: stat('birth', { mzxid: 'one', version: 1, dataLength: 1 }) }, 'one'),
    ask(remove('a', 0), 'BADVERSION'),
    ask(remove('a', 2), 'BADVERSION'),
    ask(exists('a'), { stat: stat('birth', { mzxid: 'one', version: 1, dataLength: 1 }) }),
    ask(remove('a', 1)),
    ask(exists('a'), 'NONODE'),
  ]),
  script('a znode that comes again begins anew', [
    ask(create('a', 'old'), { path: 'a' }, 'first'),
    ask(set('a', 'older'), { stat: stat('first', { mzxid: 'write', version: 1, dataLength: 5 }) }, 'write'),
    ask(remove('a'), {}, 'end'),
    ask(create('a', 'new'), { path: 'a' }, 'second'),
    ask(get('a'), { data: '"new"', stat: stat('second', { dataLength: 3 }) }),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'second', cversion: 3, numChildren: 1 }) }),
  ]),
  script('empty data is data of length zero', [
    ask(create('a', ''), { path: 'a' }, 'birth'),
    ask(get('a'), { data: '""', stat: stat('birth') }),
    ask(set('a', 'x'), { stat: stat('birth', { mzxid: 'one', version: 1, dataLength: 1 }) }, 'one'),
    ask(set('a', ''), { stat: stat('birth', { mzxid: 'two', version: 2 }) }, 'two'),
    ask(get('a'), { data: '""', stat: stat('birth', { mzxid: 'two', version: 2 }) }),
  ]),
  script('no data at all is kept as such', [
    ask(create('a', null), { path: 'a' }, 'birth'),
    ask(get('a'), { data: 'null', stat: stat('birth') }),
    ask(set('a', null), { stat: stat('birth', { mzxid: 'one', version: 1 }) }, 'one'),
    ask(get('a'), { data: 'null', stat: stat('birth', { mzxid: 'one', version: 1 }) }),
  ]),
  script('data is bytes, and its length counts them', [
    ask(create('a', 'äöü'), { path: 'a' }, 'birth'),
    ask(get('a'), { data: '"äöü"', stat: stat('birth', { dataLength: 6 }) }),
  ]),
  script('what was refused left no trace', [
    ask(create('a', '1'), { path: 'a' }, 'birth'),
    ask(create('a', '2'), 'NODEEXISTS'),
    ask(create('b/c'), 'NONODE'),
    ask(set('a', '2', 7), 'BADVERSION'),
    ask(remove('b'), 'NONODE'),
    ask(get('a'), { data: '"1"', stat: stat('birth', { dataLength: 1 }) }),
    ask(list('.'), {
      children: ['a'],
      stat: stat(placeBirth, { pzxid: 'birth', cversion: 1, numChildren: 1 }),
    }),
  ]),
];
