import { openAcl } from '../../../../harness/wire/records.ts';
import {
  ephemeral,
  create,
  remove,
  set,
  exists,
  get,
  children,
  children2,
  setAcl,
  multi,
  op,
  scene,
} from './requests.ts';
import type { Chapter } from './requests.ts';

export const oneShotWatches: Chapter = {
  title: 'one-shot watches',
  steps: scene((s) => {
    s.by('a', create('/w', ''), create('/w/x', '1'));
    s.by(
      'b',
      get('/w/x', true),
      exists('/w/y', true),
      children('/w', true),
      get('/w/none', true),
      children('/w/none', true),
    );
    s.by('a', set('/w/x', '2'), set('/w/x', '3'), create('/w/y'), create('/w/z'), remove('/w/z'));
    s.by('b', exists('/w/x', true), children2('/w', true), children('/w/x', true));
    s.by('a', remove('/w/x'), remove('/w/y'));
    s.by('b', exists('/w/y', true));
    s.by('a', create('/w/y', 'y'));
    s.by('b', get('/w/y', true), exists('/w/y', true), children('/w/y', true));
    s.by('a', setAcl('/w/y', openAcl), set('/w/y', 'z'), remove('/w/y'));
    s.by('b', exists('/w/m1', true), exists('/w/m2', true), children('/w', true), get('/w', true));
    s.by('a', multi(op(create('/w/m1')), op(create('/w/m2')), op(remove('/w/m1')), op(set('/w', 'x'))));
    s.by('b', exists('/w/m2', true), get('/w', true));
    s.by('a', multi(op(set('/w', 'y')), op(set('/none', 'x'))));
    s.by('a', set('/w', 'again'));
    s.by(
      'a',
      get('/w', true),
      set('/w', 'own'),
      children('/w', true),
      create('/w/own'),
      exists('/w/own', true),
      remove('/w/own'),
    );
    s.by('c', create('/w/e', '', ephemeral));
    s.by('b', exists('/w/e', true), children('/w', true));
    s.last('c', { type: 'closeSession' });
    s.by('b', exists('/w/e'));
  }),
};
