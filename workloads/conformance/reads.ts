// The requests that only read.

import { ask, create, list, multiRead, names, placeBirth, remove, script, stat } from './script.ts';
import type { Script } from './script.ts';

export const readScripts: readonly Script[] = [
  script('children are listed by their own names', [
    ask(create('b'), { path: 'b' }),
    ask(create('a'), { path: 'a' }, 'last'),
    ask(create('a/x'), { path: 'a/x' }),
    ask(names('.'), { children: ['a', 'b'] }),
    ask(list('.'), {
      children: ['a', 'b'],
      stat: stat(placeBirth, { pzxid: 'last', cversion: 2, numChildren: 2 }),
    }),
    ask(names('b'), { children: [] }),
  ]),
  script('a deleted child is not listed', [
    ask(create('a'), { path: 'a' }),
    ask(create('b'), { path: 'b' }),
    ask(remove('a'), {}, 'end'),
    ask(list('.'), {
      children: ['b'],
      stat: stat(placeBirth, { pzxid: 'end', cversion: 3, numChildren: 1 }),
    }),
  ]),
  script('all descendants are counted', [
    ask({ type: 'getAllChildrenNumber', path: '.' }, { count: 0 }),
    ask(create('a'), { path: 'a' }),
    ask(create('a/b'), { path: 'a/b' }),
    ask(create('a/b/c'), { path: 'a/b/c' }),
    ask(create('ab'), { path: 'ab' }),
    ask({ type: 'getAllChildrenNumber', path: '.' }, { count: 4 }),
    ask({ type: 'getAllChildrenNumber', path: 'a' }, { count: 2 }),
    ask(remove('a/b/c')),
    ask({ type: 'getAllChildrenNumber', path: 'a' }, { count: 1 }),
  ]),
  script('a sync is answered, whatever its path', [
    ask({ type: 'sync', path: '.' }),
    ask({ type: 'sync', path: 'none' }),
  ]),
  script('several reads at once are answered one by one', [
    ask(create('a', 'x'), { path: 'a' }, 'birth'),
    ask(multiRead(['getData', 'a'], ['getChildren', '.'], ['getData', 'none'], ['getChildren', 'a']), {
      results: [
        { data: '"x"', stat: stat('birth', { dataLength: 1 }) },
        { children: ['a'] },
        'NONODE',
        { children: [] },
      ],
    }),
  ]),
];
