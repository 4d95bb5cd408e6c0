// One-shot watches that the session's own writes fire: the event comes ahead of the answer to the write.

import { openAcl } from '../../harness/wire/records.ts';
import {
  ask,
  check,
  create,
  exists,
  get,
  list,
  multi,
  names,
  placeBirth,
  remove,
  script,
  set,
  setAcl,
  stat,
} from './script.ts';
import type { Script } from './script.ts';

const written = stat('birth', { mzxid: 'write', version: 1, dataLength: 1 });

export const watchScripts: readonly Script[] = [
  script('a watch on data fires once', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(get('a', true), { data: '""', stat: stat('birth') }),
    ask(set('a', 'x'), { stat: written, events: ['dataChanged a'] }, 'write'),
    ask(set('a', ''), { stat: stat('birth', { mzxid: 'again', version: 2 }) }, 'again'),
    ask(get('a'), { data: '""', stat: stat('birth', { mzxid: 'again', version: 2 }) }),
  ]),
  script('a watch on what is not there fires at its creation', [
    ask(exists('a', true), 'NONODE'),
    ask(create('a'), { path: 'a', events: ['created a'] }, 'birth'),
    ask(set('a', 'x'), { stat: written }, 'write'),
  ]),
  script('a watch by exists on what is there fires at a write', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(exists('a', true), { stat: stat('birth') }),
    ask(set('a', 'x'), { stat: written, events: ['dataChanged a'] }, 'write'),
    ask(remove('a')),
  ]),
  script('a read that finds nothing leaves no watch', [
    ask(get('a', true), 'NONODE'),
    ask(list('a', true), 'NONODE'),
    ask(create('a'), { path: 'a' }),
  ]),
  script('a watch on children fires at a create and at a delete, and not at a write', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(names('.', true), { children: ['a'] }),
    ask(set('a', 'x'), { stat: written }, 'write'),
    ask(create('a/b'), { path: 'a/b' }),
    ask(create('c'), { path: 'c', events: ['childrenChanged .'] }),
    ask(names('.', true), { children: ['a', 'c'] }),
    ask(remove('c'), { events: ['childrenChanged .'] }),
    ask(create('d'), { path: 'd' }),
  ]),
  script('one delete fires the watch on data and that of the parent', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(get('a', true), { data: '""', stat: stat('birth') }),
    ask(names('.', true), { children: ['a'] }),
    ask(remove('a'), { events: ['deleted a', 'childrenChanged .'] }),
  ]),
  script('two watches of one session on the same data are one', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(get('a', true), { data: '""', stat: stat('birth') }),
    ask(exists('a', true), { stat: stat('birth') }),
    ask(set('a', 'x'), { stat: written, events: ['dataChanged a'] }, 'write'),
  ]),
  script('a refused write and a list of access fire nothing', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(get('a', true), { data: '""', stat: stat('birth') }),
    ask(set('a', 'x', 7), 'BADVERSION'),
    ask(multi(set('a', 'x'), check('a', 7)), { results: ['OK', 'BADVERSION'] }),
    ask(setAcl('a', openAcl), { stat: stat('birth', { aversion: 1 }) }),
    ask(set('a', 'x'), { stat: { ...written, aversion: 1 }, events: ['dataChanged a'] }, 'write'),
  ]),
  script('a multi fires for each of its operations, in their order', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(get('a', true), { data: '""', stat: stat('birth') }),
    ask(exists('b', true), 'NONODE'),
    ask(
      multi(set('a', 'x'), create('b')),
      { results: [{ stat: written }, 'b'], events: ['dataChanged a', 'created b'] },
      'write',
    ),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'write', cversion: 2, numChildren: 2 }) }),
  ]),
];
