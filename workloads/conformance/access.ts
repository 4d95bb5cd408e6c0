// Access lists: who may do what, which lists can be set, and what others see of them.

import { openAcl } from '../../harness/wire/records.ts';
import type { Acl } from '../../harness/wire/records.ts';
import {
  ask,
  check,
  create,
  exists,
  get,
  getAcl,
  list,
  multi,
  multiRead,
  names,
  prove,
  remove,
  script,
  set,
  setAcl,
  stat,
} from './script.ts';
import type { Script } from './script.ts';
import { digestAcl } from '../users.ts';

const [read, write, mayCreate, mayDelete, admin] = [1, 2, 4, 8, 16] as const;
const all = 31;

/** No connection proves to be her. */
const stranger = (perms: number): Acl => digestAcl('script-stranger', perms);
const own = (perms: number): Acl => digestAcl('script-user', perms);
const anyone = (perms: number): Acl => ({ perms, scheme: 'world', id: 'anyone' });
const shown = ({ perms, scheme, id }: Acl): string => `${scheme}:${id} ${perms}`;
const only = (...acl: Acl[]): { readonly acl: readonly Acl[] } => ({ acl });

export const accessScripts: readonly Script[] = [
  script('nobody but its owner reads a private znode', [
    ask(create('a', 'x', only(stranger(all))), { path: 'a' }),
    ask(get('a'), 'NOAUTH'),
    ask(list('a'), 'NOAUTH'),
    ask(names('a'), 'NOAUTH'),
    ask(getAcl('a'), 'NOAUTH'),
    ask({ type: 'getAllChildrenNumber', path: 'a' }, 'NOAUTH'),
    ask(multiRead(['getData', 'a'], ['getChildren', '.']), { results: ['NOAUTH', { children: ['a'] }] }),
  ]),
  script(
    'nobody but its owner learns that a private znode exists',
    [ask(create('a', 'x', only(stranger(all))), { path: 'a' }), ask(exists('a'), 'NOAUTH')],
    { since: '3.8.4' },
  ),
  script('nobody but its owner changes a private znode', [
    ask(create('a', 'x', only(stranger(all))), { path: 'a' }),
    ask(set('a', 'y'), 'NOAUTH'),
    ask(set('a', 'y', 7), 'NOAUTH'),
    ask(create('a/b'), 'NOAUTH'),
    ask(setAcl('a', openAcl), 'NOAUTH'),
    ask(multi(check('a', 0)), { results: ['NOAUTH'] }),
    ask(multi(create('c'), set('a', 'y')), { results: ['OK', 'NOAUTH'] }),
    ask(exists('c'), 'NONODE'),
  ]),
  script('a delete is allowed by the parent alone', [
    ask(create('a', '', only(stranger(all))), { path: 'a' }),
    ask(create('p', '', only(anyone(all - mayDelete))), { path: 'p' }),
    ask(create('p/b'), { path: 'p/b' }),
    ask(remove('p/b'), 'NOAUTH'),
    ask(remove('p/none'), 'NOAUTH'),
    ask(remove('a')),
    ask(exists('a'), 'NONODE'),
  ]),
  script('who may only read does not write', [
    ask(create('a', 'x', only(anyone(read))), { path: 'a' }, 'birth'),
    ask(get('a'), { data: '"x"', stat: stat('birth', { dataLength: 1 }) }),
    ask(set('a', 'y'), 'NOAUTH'),
    ask(create('a/b'), 'NOAUTH'),
    ask(setAcl('a', openAcl), 'NOAUTH'),
  ]),
  script('who may only write does not read', [
    ask(create('a', 'x', only(anyone(write))), { path: 'a' }, 'birth'),
    ask(get('a'), 'NOAUTH'),
    ask(set('a', 'y'), { stat: stat('birth', { mzxid: 'write', version: 1, dataLength: 1 }) }, 'write'),
    ask(multi(check('a', 1)), { results: ['NOAUTH'] }),
  ]),
  script('who may create below it may do nothing else', [
    ask(create('a', '', only(anyone(mayCreate))), { path: 'a' }),
    ask(create('a/b'), { path: 'a/b' }),
    ask(names('a'), 'NOAUTH'),
    ask(remove('a/b'), 'NOAUTH'),
    ask(set('a', 'x'), 'NOAUTH'),
  ]),
  script('a list of access that cannot be is refused', [
    ask(create('a', '', { acl: [] }), 'INVALIDACL'),
    ask(create('a', '', only({ perms: all, scheme: 'world', id: 'someone' })), 'INVALIDACL'),
    ask(create('a', '', only({ perms: all, scheme: 'digest', id: 'nobody' })), 'INVALIDACL'),
    ask(create('a', '', only({ perms: all, scheme: 'unknown', id: 'x' })), 'INVALIDACL'),
    ask(setAcl('.', []), 'INVALIDACL'),
    ask(getAcl('.'), { acl: [shown(anyone(all))], stat: stat('place') }),
  ]),
  script('a change of the list raises aversion, and nothing else', [
    ask(create('a', 'x'), { path: 'a' }, 'birth'),
    ask(setAcl('a', [anyone(read | write | admin)]), { stat: stat('birth', { aversion: 1, dataLength: 1 }) }),
    ask(setAcl('a', [anyone(read | admin)]), { stat: stat('birth', { aversion: 2, dataLength: 1 }) }),
    ask(getAcl('a'), {
      acl: [shown(anyone(read | admin))],
      stat: stat('birth', { aversion: 2, dataLength: 1 }),
    }),
    ask(get('a'), { data: '"x"', stat: stat('birth', { aversion: 2, dataLength: 1 }) }),
  ]),
  script('a change of the list on condition wants exactly the present aversion', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(setAcl('a', openAcl, 1), 'BADVERSION'),
    ask(setAcl('a', [anyone(all - mayCreate)], 0), { stat: stat('birth', { aversion: 1 }) }),
    ask(setAcl('a', openAcl, 0), 'BADVERSION'),
    ask(create('a/b'), 'NOAUTH'),
    ask(setAcl('a', openAcl, 1), { stat: stat('birth', { aversion: 2 }) }),
    ask(create('a/b'), { path: 'a/b' }),
  ]),
  script('a write of data asks for no aversion', [
    ask(create('a'), { path: 'a' }, 'birth'),
    ask(setAcl('a', openAcl), { stat: stat('birth', { aversion: 1 }) }),
    ask(
      set('a', 'x', 0),
      { stat: stat('birth', { mzxid: 'write', version: 1, aversion: 1, dataLength: 1 }) },
      'write',
    ),
  ]),
  script('a duplicate in a list is kept once', [
    ask(create('a', '', only(stranger(read), stranger(read), anyone(all))), { path: 'a' }, 'birth'),
    ask(getAcl('a'), { acl: [shown(stranger(read)), shown(anyone(all))], stat: stat('birth') }),
  ]),
  script('who may not change a list does not see the hashes in it', [
    ask(create('a', '', only(stranger(all), anyone(read))), { path: 'a' }, 'birth'),
    ask(getAcl('a'), { acl: ['digest:script-stranger:x 31', 'world:anyone 1'], stat: stat('birth') }),
  ]),
  script('a user who proves it may do what is his', [
    prove('script-user'),
    ask({ type: 'whoAmI' }, { users: ['script-user'] }),
    ask(create('a', 'x', only(own(all))), { path: 'a' }, 'birth'),
    ask(get('a'), { data: '"x"', stat: stat('birth', { dataLength: 1 }) }),
    ask(set('a', ''), { stat: stat('birth', { mzxid: 'write', version: 1 }) }, 'write'),
    ask(getAcl('a'), { acl: [shown(own(all))], stat: stat('birth', { mzxid: 'write', version: 1 }) }),
    ask(create('a/b', '', only(own(read))), { path: 'a/b' }),
    ask(set('a/b', 'x'), 'NOAUTH'),
    ask(remove('a/b')),
  ]),
  script('a user who gives his znode away has lost it', [
    prove('script-user'),
    ask(create('a', '', only(own(all))), { path: 'a' }, 'birth'),
    ask(setAcl('a', [stranger(all)]), { stat: stat('birth', { aversion: 1 }) }),
    ask(get('a'), 'NOAUTH'),
    ask(setAcl('a', [own(all)]), 'NOAUTH'),
  ]),
];
