// The folder of package.json: the checkout, or the published package, whose modules lie in `dist`.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const moduleRoot = fileURLToPath(new URL('..', import.meta.url));

export const packageRoot = existsSync(join(moduleRoot, 'package.json')) ? moduleRoot : join(moduleRoot, '..');
