// Apache ZooKeeper 3.8.0 says of a watch that any connection has that it is there, so nothing is
// asked here about paths that two clients watch.
import {
  create,
  remove,
  set,
  exists,
  get,
  children,
  multi,
  addWatch,
  removeWatches,
  checkWatches,
  op,
  scene,
} from './requests.ts';
import type { Chapter } from './requests.ts';

export const standingWatches: Chapter = {
  title: 'watches that stay',
  steps: scene((s) => {
    s.by('a', create('/q', ''), create('/q/x', '1'));
    s.by(
      'b',
      addWatch('/q', 0),
      addWatch('/q/x', 0),
      addWatch('/q/later', 0),
      addWatch('/q', 2),
      addWatch('/q', -1),
    );
    s.by(
      'a',
      set('/q', '1'),
      set('/q', '2'),
      set('/q/x', '2'),
      create('/q/x/y'),
      create('/q/later'),
      remove('/q/x/y'),
      remove('/q/x'),
      remove('/q/later'),
    );
    s.by('a', create('/q/later', ''), create('/q/x'));
    s.by('c', addWatch('/q', 1));
    s.by(
      'a',
      create('/q/x/y'),
      create('/q/x/y/z', ''),
      set('/q/x/y/z', '1'),
      remove('/q/x/y/z'),
      remove('/q/x/y'),
      set('/q', '3'),
    );
    s.by('a', multi(op(create('/q/x/m')), op(set('/q/x/m', '1')), op(remove('/q/x/m'))));
    s.by('c', checkWatches('/q', 3), checkWatches('/q', 1), checkWatches('/q', 2), checkWatches('/q', 9));
    s.by('c', removeWatches('/q/none', 3), removeWatches('/q', 9), removeWatches('/q', 1));
    s.by('a', create('/q/one'), set('/q', '4'));
    s.by('c', removeWatches('/q', 3), removeWatches('/q', 3));
    s.by('a', create('/q/two'), set('/q', '5'));
    s.by('b', removeWatches('/q', 2), removeWatches('/q', 2));
    s.by('a', set('/q', '6'), create('/q/three'));
    s.by('b', removeWatches('/q', 3), removeWatches('/q/x', 3), removeWatches('/q/later', 3));
    s.by('a', set('/q/x', '7'), remove('/q/later'));
    s.by('b', get('/q/x', true), exists('/q/nope', true), children('/q', true));
    s.by(
      'b',
      checkWatches('/q/x', 2),
      checkWatches('/q/x', 1),
      checkWatches('/q/nope', 2),
      checkWatches('/q', 1),
      checkWatches('/q', 3),
    );
    s.by(
      'b',
      removeWatches('/q/x', 2),
      removeWatches('/q/nope', 1),
      removeWatches('/q/nope', 2),
      removeWatches('/q', 3),
    );
    s.by('a', set('/q/x', '8'), create('/q/nope'), create('/q/four'));
    s.by('c', addWatch('/', 1));
    s.by('a', create('/q/x/deep'), set('/', ''), remove('/q/x/deep'));
    s.by('c', removeWatches('/', 3));
  }),
};
