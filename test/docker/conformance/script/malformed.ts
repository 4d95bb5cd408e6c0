import { create, exists, raw, scene } from './requests.ts';
import type { Chapter } from './requests.ts';

export const malformed: Chapter = {
  title: 'requests that cannot be understood',
  steps: scene((s) => {
    s.by('a', create('/bad', ''));
    // A path that is null, a path that is longer than the frame, bodies that are empty or cut.
    for (const opcode of [1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 19, 21, 103, 104, 106, 17, 18]) {
      s.by('a', raw(opcode, ''), raw(opcode, 'ffffffff'), raw(opcode, '7fffffff'), raw(opcode, '00000004'));
    }
    s.by('a', raw(9, 'ffffffff'), raw(9, ''));
    s.by('a', raw(4, '000000042f62616400ff'), raw(3, '000000042f626164020000'));
    s.by(
      'a',
      raw(14, ''),
      raw(14, 'ffffffff01ffffffff'),
      raw(22, ''),
      raw(14, '0000006300ffffffff'),
      raw(14, '0000000100ffffffffffffffff'),
    );
    // Nothing is asked about reconfig: Apache ZooKeeper 3.8.0 hangs on one that it cannot understand.
    s.by('a', raw(101, ''), raw(105, ''), raw(105, 'ff'));
    for (const opcode of [0, 10, 23, 99, 108, 1000, -1])
      s.last(`x${'abcdefghi'[opcode % 9] ?? 'z'}`, raw(opcode, ''));
    s.by('a', exists('/bad'));
  }),
};
