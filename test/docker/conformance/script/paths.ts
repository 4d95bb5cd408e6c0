import { openAcl } from '../../../../harness/wire/records.ts';
import { sequential, create, remove, set, exists, get, children, setAcl, scene } from './requests.ts';
import type { Chapter } from './requests.ts';

export const paths: Chapter = {
  title: 'paths',
  steps: scene((s) => {
    s.by('a', create('/p'));
    for (const path of [
      '',
      'p',
      'p/q',
      '/p/',
      '/p//q',
      '//',
      '/p/.',
      '/p/..',
      '/p/./q',
      '/p/../q',
      '/p/...',
      '/p/.a',
    ]) {
      s.by(
        'a',
        create(path),
        exists(path),
        get(path),
        set(path, 'x'),
        remove(path),
        children(path),
        setAcl(path, openAcl),
      );
    }
    for (const path of [
      '/p/\u0001',
      '/p/\u007f',
      '/p/\u009f',
      '/p/\ue000',
      '/p/\ufff0',
      '/p/ü',
      '/p/ ',
      '/p/a b',
    ]) {
      s.by('a', create(path), exists(path), get(path));
    }
    s.by('a', create('/p/\u0000'), exists('/p/\u0000'), remove('/p/\u0000'));
    s.by('a', create('/'), remove('/'), set('/', 'root data'), get('/'), set('/', ''));
    s.by(
      'a',
      remove('/zookeeper'),
      remove('/zookeeper/quota'),
      remove('/zookeeper/config'),
      create('/zookeeper/x'),
      remove('/zookeeper/x'),
    );
    s.by('a', create('/p/seq/', '', sequential), create('/p/', '', sequential), children('/p'));
  }),
};
