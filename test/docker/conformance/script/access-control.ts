// exists needs READ here, as in Apache ZooKeeper from 3.8.4 on, and so it is not asked for what may not be read.
import { openAcl } from '../../../../harness/wire/records.ts';
import {
  persistent,
  create,
  remove,
  set,
  exists,
  get,
  children,
  children2,
  getAcl,
  setAcl,
  auth,
  multi,
  multiRead,
  check,
  acl,
  scene,
  alice,
} from './requests.ts';
import type { Chapter } from './requests.ts';

export const accessControl: Chapter = {
  title: 'access control',
  steps: scene((s) => {
    s.by('a', create('/acl', ''), getAcl('/acl'), getAcl('/none'), setAcl('/none', openAcl));
    s.by('a', create('/acl/auth', '', persistent, acl('auth', '')), setAcl('/acl', acl('auth', '')));
    s.by(
      'a',
      create('/acl/none', '', persistent, []),
      create('/acl/none', '', persistent, null),
      setAcl('/acl', []),
      setAcl('/acl', null),
    );
    for (const wrong of [
      acl('world', 'someone'),
      acl('digest', 'nobody'),
      acl('digest', 'a:b:c'),
      acl('digest', ''),
      acl('ip', '1.2.3'),
      acl('ip', '1.2.3.4/33'),
      acl('ip', '1.2.3.4/-1'),
      acl('ip', '1.2.3.256'),
      acl('ip', 'host'),
      acl('super', 'x'),
      acl('sasl', 'x'),
      acl('unknown', 'x'),
      acl('', ''),
    ]) {
      s.by('a', create('/acl/wrong', '', persistent, wrong), setAcl('/acl', wrong));
    }
    s.by(
      'a',
      create('/acl/ip', '', persistent, acl('ip', '1.2.3.4')),
      create('/acl/ip8', '', persistent, acl('ip', '0.0.0.0/0')),
    );
    s.by('a', get('/acl/ip'), set('/acl/ip', 'x'), getAcl('/acl/ip'), children('/acl/ip'), remove('/acl/ip'));
    s.by('a', get('/acl/ip8'), set('/acl/ip8', 'x'), getAcl('/acl/ip8'));
    s.by(
      'd',
      auth('digest', 'alice:secret'),
      { type: 'whoAmI' },
      create('/acl/alice', 'hers', persistent, acl('digest', alice)),
    );
    s.by(
      'a',
      get('/acl/alice'),
      set('/acl/alice', 'x'),
      children('/acl/alice'),
      children2('/acl/alice'),
      getAcl('/acl/alice'),
    );
    s.by('a', create('/acl/alice/x'), remove('/acl/alice'), setAcl('/acl/alice', openAcl), {
      type: 'getAllChildrenNumber',
      path: '/acl/alice',
    });
    s.by(
      'd',
      get('/acl/alice'),
      set('/acl/alice', 'y', 0),
      getAcl('/acl/alice'),
      create('/acl/alice/x', '', persistent, acl('auth', '')),
      getAcl('/acl/alice/x'),
    );
    s.by(
      'd',
      setAcl('/acl/alice', [...acl('digest', alice), ...acl('world', 'anyone', 1)], 0),
      setAcl('/acl/alice', openAcl, 0),
      exists('/acl/alice'),
    );
    s.by(
      'a',
      get('/acl/alice'),
      getAcl('/acl/alice'),
      set('/acl/alice', 'z'),
      children('/acl/alice'),
      multiRead({ type: 'getData', path: '/acl/alice/x' }),
    );
    s.by(
      'd',
      setAcl('/acl/alice', [...acl('digest', alice), ...acl('digest', alice), ...acl('digest', alice, 1)]),
      getAcl('/acl/alice'),
    );
    for (const perms of [1, 2, 4, 8, 16, 0, 32]) {
      s.by('a', create(`/acl/p${perms}`, 'p', persistent, acl('world', 'anyone', perms)));
      s.by(
        'a',
        get(`/acl/p${perms}`),
        set(`/acl/p${perms}`, 'q'),
        create(`/acl/p${perms}/c`),
        children(`/acl/p${perms}`),
        getAcl(`/acl/p${perms}`),
      );
      s.by(
        'a',
        remove(`/acl/p${perms}/c`),
        setAcl(`/acl/p${perms}`, acl('world', 'anyone', perms)),
        multi(check(`/acl/p${perms}`, -1)),
      );
    }
    s.by('e', auth('digest', 'bob'), auth('digest', ''), auth('digest', ':'), auth('digest', 'x:y:z'), {
      type: 'whoAmI',
    });
    s.by(
      'f',
      auth('digest', 'super:admin'),
      { type: 'whoAmI' },
      get('/acl/alice/x'),
      remove('/acl/ip'),
      set('/acl/p1', 'super'),
      getAcl('/acl/alice'),
    );
    s.by(
      'f',
      set('/zookeeper/config', 'x'),
      create('/acl/superauth', '', persistent, acl('auth', '')),
      getAcl('/acl/superauth'),
    );
    s.by('a', { type: 'whoAmI' }, auth('ip', 'x'));
    s.last('g', auth('world', 'anyone'));
    s.last('g', auth('unknown', 'x'));
    s.last('g', auth('super', 'x'));
  }),
};
