import { create, remove, set, exists, get, multi, op, scene } from './requests.ts';
import type { Chapter } from './requests.ts';

export const quotas: Chapter = {
  title: 'quotas',
  steps: scene((s) => {
    // A client of the leader, whose barrier behind every step tells that the leader has applied it too: Apache
    // ZooKeeper judges quotas by what its leader has applied.
    s.by('c', exists('/'));
    s.by('a', create('/zookeeper/quota/quo', ''), create('/quo', '12345'));
    s.by(
      'a',
      create('/zookeeper/quota/quo/zookeeper_limits', 'count=3,bytes=-1=;byteHardLimit=-1;countHardLimit=3'),
    );
    s.by(
      'a',
      create('/zookeeper/quota/quo/zookeeper_stats', 'count=0,bytes=0'),
      get('/zookeeper/quota/quo/zookeeper_stats'),
    );
    s.by(
      'a',
      create('/quo/a', '1234567'),
      get('/zookeeper/quota/quo/zookeeper_stats'),
      create('/quo/b', ''),
      create('/quo/c', ''),
      create('/quo/d', ''),
    );
    s.by(
      'a',
      get('/zookeeper/quota/quo/zookeeper_stats'),
      remove('/quo/b'),
      get('/zookeeper/quota/quo/zookeeper_stats'),
      set('/quo/a', '1'),
      get('/zookeeper/quota/quo/zookeeper_stats'),
    );
    s.by(
      'a',
      set('/zookeeper/quota/quo/zookeeper_limits', 'count=-1,bytes=20=;byteHardLimit=20;countHardLimit=-1'),
    );
    s.by(
      'a',
      set('/quo/a', '1234567890'),
      set('/quo/a', '12345678901234567890'),
      create('/quo/e', '1234567890123'),
      create('/quo/f', '1'),
      get('/quo/a'),
    );
    s.by(
      'a',
      multi(op(create('/quo/g', '1234567890')), op(create('/quo/h', '1234567890'))),
      get('/zookeeper/quota/quo/zookeeper_stats'),
    );
    s.by(
      'a',
      set('/zookeeper/quota/quo/zookeeper_limits', 'count=1,bytes=1'),
      set('/quo/a', '12345678901234567890'),
      create('/quo/i', 'soft'),
    );
    s.by(
      'a',
      get('/zookeeper/quota/quo/zookeeper_stats'),
      remove('/zookeeper/quota/quo/zookeeper_limits'),
      create('/quo/j', 'free'),
    );
    s.by(
      'a',
      remove('/zookeeper/quota/quo/zookeeper_stats'),
      remove('/zookeeper/quota/quo'),
      create('/quo/k', 'freer'),
      exists('/zookeeper/quota'),
    );
  }),
};
