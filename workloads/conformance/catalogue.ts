// Every script, by topic.

import { accessScripts } from './access.ts';
import { kindScripts } from './kinds.ts';
import { multiScripts } from './multis.ts';
import { readScripts } from './reads.ts';
import { refusalScripts } from './refusals.ts';
import type { Script } from './script.ts';
import { watchScripts } from './watches.ts';
import { znodeScripts } from './znodes.ts';

export const scripts: readonly Script[] = [
  ...znodeScripts,
  ...refusalScripts,
  ...readScripts,
  ...kindScripts,
  ...multiScripts,
  ...watchScripts,
  ...accessScripts,
];
