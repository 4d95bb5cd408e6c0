import {
  persistent,
  ephemeral,
  sequential,
  ephemeralSequential,
  sequentialWithTtl,
  create,
  create2,
  createContainer,
  createTtl,
  remove,
  exists,
  children2,
  scene,
} from './requests.ts';
import type { Chapter } from './requests.ts';

export const kinds: Chapter = {
  title: 'kinds of znodes',
  steps: scene((s) => {
    s.by(
      'a',
      create('/k'),
      create('/k/s-', '', sequential),
      create('/k/s-', '', sequential),
      create2('/k/s-', 'x', sequential),
    );
    s.by(
      'a',
      remove('/k/s-0000000001'),
      create('/k/s-', '', sequential),
      create('/k/other'),
      create('/k/s-', '', sequential),
      children2('/k'),
    );
    s.by(
      'a',
      create('/k/e', 'e', ephemeral),
      create('/k/e/child'),
      create('/k/e-', '', ephemeralSequential),
      exists('/k/e'),
    );
    s.by(
      'a',
      { type: 'getEphemerals', path: '' },
      { type: 'getEphemerals', path: '/' },
      { type: 'getEphemerals', path: '/k/e-' },
      { type: 'getEphemerals', path: '/none' },
    );
    s.by('b', { type: 'getEphemerals', path: '' }, exists('/k/e'), remove('/k/e'), {
      type: 'getEphemerals',
      path: '/',
    });
    s.by(
      'a',
      createContainer('/k/c'),
      exists('/k/c'),
      create('/k/c/x'),
      create('/k/c/x/y'),
      remove('/k/c/x/y'),
    );
    s.by(
      'a',
      createContainer('/k/c0', 0),
      createContainer('/k/c2', 2),
      createContainer('/k/c1', 1),
      createContainer('/k/c5', 5),
    );
    s.by(
      'a',
      createTtl('/k/t', 3_600_000),
      exists('/k/t'),
      createTtl('/k/ts-', 3_600_000, sequentialWithTtl),
      create('/k/t/x'),
    );
    s.by('a', createTtl('/k/t0', 0), createTtl('/k/t-1', -1), createTtl('/k/t2', 5, persistent));
    s.by('a', createTtl('/k/tbig', 2 ** 40 - 1), createTtl('/k/thuge', 2 ** 40));
    s.by(
      'a',
      createTtl('/k/tflag', 5, 7),
      create('/k/f7', '', 7),
      create('/k/f-1', '', -1),
      create('/k/f5', '', 5),
      create('/k/f6', '', 6),
      create('/k/f99', '', 99),
    );
    s.by('a', { type: 'closeSession' });
    s.last('a', { type: 'closeSession' });
    s.by('b', children2('/k'), exists('/k/e-0000000006'));
  }),
};
