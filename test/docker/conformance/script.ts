// The script: every operation, every error that a client can provoke, combinations of multi, watches of all
// kinds, ACL schemes, quotas and malformed requests. Each chapter works below a znode of its own, in this order.

import { accessControl } from './script/access-control.ts';
import { kinds } from './script/kinds.ts';
import { malformed } from './script/malformed.ts';
import { multis } from './script/multi.ts';
import { oneShotWatches } from './script/one-shot-watches.ts';
import { paths } from './script/paths.ts';
import { quotas } from './script/quotas.ts';
import { standingWatches } from './script/standing-watches.ts';
import { watchesSetAnew } from './script/watches-set-anew.ts';
import { znodes } from './script/znodes.ts';
import type { Chapter } from './script/requests.ts';

export const chapters: readonly Chapter[] = [
  znodes,
  paths,
  kinds,
  multis,
  oneShotWatches,
  standingWatches,
  watchesSetAnew,
  accessControl,
  quotas,
  malformed,
];
