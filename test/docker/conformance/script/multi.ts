// Not asked: create2 in a multi, which Apache ZooKeeper 3.8.0 answers like create (ZOOKEEPER-4026), and a write in a
// multiRead, which it refuses with a body behind the error.
import {
  persistent,
  ephemeral,
  sequential,
  create,
  createContainer,
  createTtl,
  remove,
  set,
  exists,
  get,
  children2,
  multi,
  multiRead,
  check,
  op,
  acl,
  scene,
  alice,
} from './requests.ts';
import type { Chapter } from './requests.ts';

export const multis: Chapter = {
  title: 'multi',
  steps: scene((s) => {
    s.by('a', create('/m', 'm'));
    s.by(
      'a',
      multi(
        op(create('/m/a', '1')),
        op(create('/m/b', '2')),
        op(set('/m/a', '3')),
        check('/m/a', 1),
        op(remove('/m/b')),
      ),
    );
    s.by('a', get('/m/a'), exists('/m/b'), exists('/m'));
    s.by('a', multi(op(create('/m/c')), op(create('/m/c')), op(create('/m/d'))), exists('/m/c'));
    s.by('a', multi(check('/m', 7)), multi(check('/m', 0)), multi(check('/none', 0)), multi(check('/m', -1)));
    s.by('a', multi(op(createContainer('/m/f')), op(createTtl('/m/g', 60_000))));
    s.by(
      'a',
      multi(
        op(create('/m/s-', '', sequential)),
        op(create('/m/s-', '', sequential)),
        op(create('/m/eph', '', ephemeral)),
      ),
    );
    s.by(
      'a',
      multi(op(create('/m/h')), op(create('/m/h/i')), op(create('/m/h/i/j')), op(remove('/m/h/i/j'))),
      exists('/m/h/i'),
    );
    s.by('a', multi(op(set('/m', 'one', 0)), op(set('/m', 'two', 1)), op(set('/m', 'three', 1))), get('/m'));
    s.by(
      'a',
      multi(op(remove('/m/h'))),
      multi(op(set('/none', 'x'))),
      multi(op(create('bad'))),
      multi(op(create('/m/x', '', 99))),
    );
    s.by('a', multi(op(create('/m/eph/child'))), multi(op(remove('/m/a', 0)), op(create('/m/z'))));
    s.by('a', multi());
    s.by(
      'a',
      multiRead(
        { type: 'getData', path: '/m' },
        { type: 'getChildren', path: '/m' },
        { type: 'getData', path: '/none' },
        { type: 'getChildren', path: '/none' },
      ),
    );
    s.by('a', multiRead());
    s.by(
      'a',
      multi({ type: 'getData', path: '/m' }),
      multi(op(create('/m/mixed')), { type: 'getData', path: '/m' }),
    );
    s.by('a', exists('/m/mixed'), children2('/m'));
    s.by(
      'a',
      create('/m2', '', persistent, acl('digest', alice)),
      multi(op(set('/m2', 'x')), op(create('/m/after'))),
      exists('/m/after'),
    );
    s.by(
      'a',
      multi(op(create('/m/first')), check('/m2', 0), op(create('/m/after'))),
      multi(op(remove('/m2'))),
      exists('/m2'),
    );
  }),
};
