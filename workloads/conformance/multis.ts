// Multis: all or nothing, answered in the order of their operations.

import {
  ask,
  check,
  create,
  exists,
  get,
  multi,
  names,
  placeBirth,
  remove,
  script,
  set,
  stat,
} from './script.ts';
import type { Script } from './script.ts';

const undone = 'OK';
const untried = 'RUNTIMEINCONSISTENCY';

export const multiScripts: readonly Script[] = [
  script('a multi answers each operation in its place, under one zxid', [
    ask(create('old'), { path: 'old' }),
    ask(
      multi(create('a', '1'), set('a', '22'), check('a', 1), remove('old'), create('b')),
      {
        results: ['a', { stat: stat('all', { version: 1, dataLength: 2 }) }, 'done', 'done', 'b'],
      },
      'all',
    ),
    ask(get('a'), { data: '"22"', stat: stat('all', { version: 1, dataLength: 2 }) }),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'all', cversion: 4, numChildren: 2 }) }),
  ]),
  script('a multi that fails in its middle tells what was undone and what was not tried', [
    ask(create('a', '1'), { path: 'a' }, 'birth'),
    ask(multi(set('a', '2'), create('b'), check('a', 9), create('c')), {
      results: [undone, undone, 'BADVERSION', untried],
    }),
    ask(get('a'), { data: '"1"', stat: stat('birth', { dataLength: 1 }) }),
    ask(names('.'), { children: ['a'] }),
  ]),
  script('a multi that fails at once tries nothing', [
    ask(multi(remove('none'), create('a')), { results: ['NONODE', untried] }),
    ask(exists('a'), 'NONODE'),
  ]),
  script('a multi that fails at its end undoes all', [
    ask(multi(create('a'), create('b'), create('a')), { results: [undone, undone, 'NODEEXISTS'] }),
    ask(exists('.'), { stat: stat(placeBirth) }),
  ]),
  script('a multi that was undone gives its numbers back', [
    ask(multi(create('s-', '', { flags: 2 }), remove('none')), { results: [undone, 'NONODE'] }),
    ask(create('s-', '', { flags: 2 }), { path: 's-0000000000' }),
  ]),
  script('operations of a multi see those before them', [
    ask(multi(create('a'), create('a/b'), create('a/b/c'), remove('a/b/c')), {
      results: ['a', 'a/b', 'a/b/c', 'done'],
    }),
    ask(multi(set('a', 'x', 0), set('a', 'y', 1), set('a', 'z', 1)), {
      results: [undone, undone, 'BADVERSION'],
    }),
    ask(multi(remove('a')), { results: ['NOTEMPTY'] }),
    ask(multi(remove('a/b'), remove('a')), { results: ['done', 'done'] }),
    ask(names('.'), { children: [] }),
  ]),
  script('sequential names in a multi count on', [
    ask(multi(create('s-', '', { flags: 2 }), create('s-', '', { flags: 2 })), {
      results: ['s-0000000000', 's-0000000001'],
    }),
  ]),
  script('an ephemeral of a multi is one', [
    ask(multi(create('e', '', { flags: 1 })), { results: ['e'] }, 'birth'),
    ask(exists('e'), { stat: stat('birth', { owner: 'this session' }) }),
    ask(multi(create('e/a')), { results: ['NOCHILDRENFOREPHEMERALS'] }),
  ]),
  script('a check holds or fails the multi, and changes nothing', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(multi(check('a', 0)), { results: ['done'] }),
    ask(multi(check('a', -1)), { results: ['done'] }),
    ask(multi(check('a', 1)), { results: ['BADVERSION'] }),
    ask(multi(check('b', 0)), { results: ['NONODE'] }),
    ask(exists('a'), { stat: stat('birth') }),
  ]),
  script('a multi of nothing succeeds', [ask(multi(), { results: [] })]),
];
