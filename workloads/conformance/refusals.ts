// What is refused, and with which of several possible errors.

import {
  ask,
  check,
  create,
  exists,
  get,
  getAcl,
  list,
  names,
  remove,
  script,
  set,
  setAcl,
  stat,
} from './script.ts';
import type { Script } from './script.ts';
import { openAcl } from '../../harness/wire/records.ts';

export const refusalScripts: readonly Script[] = [
  script('nothing is known of a znode that is not there', [
    ask(get('a'), 'NONODE'),
    ask(exists('a'), 'NONODE'),
    ask(list('a'), 'NONODE'),
    ask(names('a'), 'NONODE'),
    ask(getAcl('a'), 'NONODE'),
    ask({ type: 'getAllChildrenNumber', path: 'a' }, 'NONODE'),
  ]),
  script('nothing is done to a znode that is not there', [
    ask(set('a', 'x'), 'NONODE'),
    ask(set('a', 'x', 3), 'NONODE'),
    ask(remove('a'), 'NONODE'),
    ask(remove('a', 3), 'NONODE'),
    ask(setAcl('a', openAcl), 'NONODE'),
    ask(remove('a/b'), 'NONODE'),
  ]),
  script('a name is taken once', [
    ask(create('a', '1'), { path: 'a' }, 'birth'),
    ask(create('a', '2'), 'NODEEXISTS'),
    ask(create('a', '2', { flags: 1 }), 'NODEEXISTS'),
    ask(get('a'), { data: '"1"', stat: stat('birth', { dataLength: 1 }) }),
  ]),
  script('a znode without a parent cannot be', [
    ask(create('a/b'), 'NONODE'),
    ask(create('a/b/c'), 'NONODE'),
    ask(exists('a'), 'NONODE'),
  ]),
  script('a znode with children stays', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(create('a/b'), { path: 'a/b' }, 'child'),
    ask(remove('a'), 'NOTEMPTY'),
    ask(remove('a', 0), 'NOTEMPTY'),
    ask(exists('a'), { stat: stat('birth', { pzxid: 'child', cversion: 1, numChildren: 1 }) }),
    ask(remove('a/b')),
    ask(remove('a')),
    ask(exists('a'), 'NONODE'),
  ]),
  script('a wrong version is found before the children', [
    ask(create('a'), { path: 'a' }),
    ask(create('a/b'), { path: 'a/b' }),
    ask(remove('a', 5), 'BADVERSION'),
  ]),
  script('paths that no znode can have', [
    ask(create('a/'), 'NONODE'),
    ask(create(''), 'BADARGUMENTS'),
    ask(create('..'), 'BADARGUMENTS'),
    ask(create('a\u0001'), 'BADARGUMENTS'),
    ask(create('a\u0000'), 'BADARGUMENTS'),
  ]),
  script('the root and what the system keeps stay', [
    ask(remove('/'), 'BADARGUMENTS'),
    ask(remove('/zookeeper'), 'BADARGUMENTS'),
    ask(remove('/zookeeper/quota'), 'BADARGUMENTS'),
    ask(create('/'), 'NODEEXISTS'),
  ]),
  script('kinds of znodes that do not exist', [
    ask(create('a', '', { flags: 99 }), 'BADARGUMENTS'),
    ask(create('a', '', { flags: -1 }), 'BADARGUMENTS'),
    ask(exists('a'), 'NONODE'),
  ]),
  script('a check of its own is no request', [
    ask(create('a'), { path: 'a' }),
    ask(check('a', 3), 'BADVERSION'),
    ask(check('b', 0), 'NONODE'),
  ]),
];
