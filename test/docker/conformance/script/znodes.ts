import { create, create2, remove, set, exists, get, children, children2, getAcl, scene } from './requests.ts';
import type { Chapter } from './requests.ts';

export const znodes: Chapter = {
  title: 'znodes and versions',
  steps: scene((s) => {
    s.by('a', create('/n', 'root'), create2('/n/two', 'x'), create('/n/null', null), create('/n/empty', ''));
    s.by(
      'a',
      get('/n'),
      get('/n/null'),
      get('/n/empty'),
      exists('/n/two'),
      exists('/n/none'),
      get('/n/none'),
    );
    s.by('a', children('/n'), children2('/n'), children('/n/none'), children2('/n/none'));
    s.by('a', create('/n'), create('/none/child'), create2('/n/two'));
    s.by(
      'a',
      set('/n/two', 'y', 0),
      set('/n/two', 'z', 0),
      set('/n/two', 'z', 1),
      set('/n/two', null),
      get('/n/two'),
    );
    s.by('a', set('/n/none', 'y'), set('/n/none', 'y', 3));
    s.by(
      'a',
      remove('/n'),
      remove('/n/two', 9),
      remove('/n/two', 3),
      remove('/n/two'),
      remove('/n/none/child'),
    );
    s.by('a', exists('/n'), create('/n/two', 'again'), exists('/n'), exists('/n/two'));
    s.by('a', { type: 'getAllChildrenNumber', path: '/n' }, { type: 'getAllChildrenNumber', path: '/none' });
    s.by(
      'a',
      { type: 'getAllChildrenNumber', path: '/' },
      { type: 'sync', path: '/n' },
      { type: 'sync', path: '/none' },
    );
    s.by('a', get('/zookeeper'), get('/zookeeper/quota'), children('/zookeeper'));
    s.by('a', getAcl('/zookeeper/quota'), getAcl('/'), exists('/zookeeper'));
  }),
};
