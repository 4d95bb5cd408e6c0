// Loads the bundled server for the simulated world: the real one, or a mutant's patched copy of it in
// another folder with the layout of `docker/zab/src`.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as config from '../../docker/zab/src/server/config.ts';
import type * as server from '../../docker/zab/src/server/server.ts';

export interface ServerModule {
  readonly ZabServer: typeof server.ZabServer;
  readonly parseZooConfig: typeof config.parseZooConfig;
  readonly withServerId: typeof config.withServerId;
}

export type LoadServer = () => Promise<ServerModule>;

export async function loadBundledServer(): Promise<ServerModule> {
  const [serverModule, configModule] = await Promise.all([
    import('../../docker/zab/src/server/server.ts'),
    import('../../docker/zab/src/server/config.ts'),
  ]);
  return { ...serverModule, ...configModule };
}

/** For a folder that holds a copy of `docker/zab/src`, as the running harness has it: `.ts`, or `.js` once built. */
export function loadServerFrom(directory: string): LoadServer {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const load = (name: string): Promise<unknown> =>
    import(pathToFileURL(join(directory, 'server', `${name}${extension}`)).href);
  return async () => {
    const [serverModule, configModule] = await Promise.all([load('server'), load('config')]);
    return { ...(serverModule as typeof server), ...(configModule as typeof config) };
  };
}
