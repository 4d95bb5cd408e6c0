import { create, remove, set, scene } from './requests.ts';
import type { Chapter } from './requests.ts';

export const watchesSetAnew: Chapter = {
  title: 'watches set anew',
  steps: scene((s) => {
    s.by('a', create('/r', ''), create('/r/x', '1'), create('/r/y', ''), create('/r/y/z', ''));
    const lists = {
      dataWatches: ['/r/x', '/r/none', '/r/y'],
      existWatches: ['/r/x', '/r/no'],
      childWatches: ['/r', '/r/y', '/r/none'],
    };
    s.by('b', { type: 'setWatches', relativeZxid: 0, ...lists });
    s.by('b', { type: 'setWatches', relativeZxid: 2 ** 40, ...lists });
    s.by('a', set('/r/x', '2'), create('/r/no'), create('/r/y/w'), set('/r/y', '1'), remove('/r/no'));
    s.by('b', {
      type: 'setWatches2',
      relativeZxid: 0,
      dataWatches: [],
      existWatches: [],
      childWatches: [],
      persistentWatches: ['/r/x', '/r/none'],
      persistentRecursiveWatches: ['/r/y'],
    });
    s.by(
      'a',
      set('/r/x', '3'),
      set('/r/x', '4'),
      create('/r/y/z/deep'),
      create('/r/none'),
      remove('/r/none'),
      remove('/r/y/z/deep'),
    );
  }),
};
