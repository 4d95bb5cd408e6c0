// Ephemerals, sequential names and containers.

import {
  ask,
  create,
  create2,
  createContainer,
  exists,
  get,
  names,
  placeBirth,
  remove,
  script,
  set,
  stat,
} from './script.ts';
import type { Script } from './script.ts';

const ephemeral = { flags: 1 };
const sequential = { flags: 2 };
const both = { flags: 3 };
const owner = 'this session';

export const kindScripts: readonly Script[] = [
  script('an ephemeral names its session', [
    ask(create('e', 'x', ephemeral), { path: 'e' }, 'birth'),
    ask(get('e'), { data: '"x"', stat: stat('birth', { owner, dataLength: 1 }) }),
    ask(set('e', ''), { stat: stat('birth', { mzxid: 'write', version: 1, owner }) }, 'write'),
    ask(exists('.'), { stat: stat(placeBirth, { pzxid: 'birth', cversion: 1, numChildren: 1 }) }),
  ]),
  script('an ephemeral has no children', [
    ask(create('e', '', ephemeral), { path: 'e' }, 'birth'),
    ask(create('e/a'), 'NOCHILDRENFOREPHEMERALS'),
    ask(create('e/a', '', ephemeral), 'NOCHILDRENFOREPHEMERALS'),
    ask(create('e/a', '', sequential), 'NOCHILDRENFOREPHEMERALS'),
    ask(exists('e'), { stat: stat('birth', { owner }) }),
  ]),
  script('ephemerals of the session are listed while they are there', [
    ask({ type: 'getEphemerals', path: '.' }, { ephemerals: [] }),
    ask(create('e1', '', ephemeral), { path: 'e1' }),
    ask(create('e2', '', ephemeral), { path: 'e2' }),
    ask(create('p'), { path: 'p' }),
    ask({ type: 'getEphemerals', path: '.' }, { ephemerals: ['e1', 'e2'] }),
    ask(remove('e1')),
    ask({ type: 'getEphemerals', path: '.' }, { ephemerals: ['e2'] }),
  ]),
  script('an ephemeral that comes again as a plain znode has no owner', [
    ask(create('e', '', ephemeral), { path: 'e' }),
    ask(remove('e')),
    ask(create('e'), { path: 'e' }, 'birth'),
    ask(exists('e'), { stat: stat('birth') }),
    ask({ type: 'getEphemerals', path: '.' }, { ephemerals: [] }),
  ]),
  script('sequential names count the creates of their parent', [
    ask(create('s-', '', sequential), { path: 's-0000000000' }),
    ask(create('s-', '', sequential), { path: 's-0000000001' }),
    ask(create('t-', '', sequential), { path: 't-0000000002' }),
    ask(names('.'), { children: ['s-0000000000', 's-0000000001', 't-0000000002'] }),
  ]),
  script('plain creates take numbers too', [
    ask(create('a'), { path: 'a' }),
    ask(create('s-', '', sequential), { path: 's-0000000001' }),
    ask(create('b'), { path: 'b' }),
    ask(create('s-', '', sequential), { path: 's-0000000003' }),
  ]),
  script('a delete gives no number back', [
    ask(create('s-', '', sequential), { path: 's-0000000000' }),
    ask(remove('s-0000000000')),
    ask(create('s-', '', sequential), { path: 's-0000000001' }),
    ask(remove('s-0000000001')),
    ask(create('s-', '', sequential), { path: 's-0000000002' }),
  ]),
  script('a refused create takes no number', [
    ask(create('a'), { path: 'a' }),
    ask(create('a'), 'NODEEXISTS'),
    ask(create('s-', '', sequential), { path: 's-0000000001' }),
  ]),
  script('a sequential name may be the number alone', [
    ask(create('a'), { path: 'a' }),
    ask(create('a/', '', sequential), { path: 'a/0000000000' }),
    ask(names('a'), { children: ['0000000000'] }),
  ]),
  script('a sequential ephemeral is both', [
    ask(create('a'), { path: 'a' }),
    ask(create('es-', 'x', both), { path: 'es-0000000001' }, 'birth'),
    ask(exists('es-0000000001'), { stat: stat('birth', { owner, dataLength: 1 }) }),
    ask({ type: 'getEphemerals', path: '.' }, { ephemerals: ['es-0000000001'] }),
  ]),
  script('a sequential create that asks for the Stat is told its name', [
    ask(create2('s-', 'x', 2), { path: 's-0000000000', stat: stat('birth', { dataLength: 1 }) }, 'birth'),
  ]),
  // A container that had children and has none goes by itself, so its end is not looked at.
  script('a container takes children, and looks like any other znode', [
    ask(createContainer('c'), { path: 'c', stat: stat('birth') }, 'birth'),
    ask(create('c/a'), { path: 'c/a' }, 'child'),
    ask(exists('c'), {
      stat: stat('birth', { pzxid: 'child', cversion: 1, numChildren: 1 }),
    }),
    ask(remove('c'), 'NOTEMPTY'),
    ask({ type: 'getEphemerals', path: '.' }, { ephemerals: [] }),
  ]),
];
