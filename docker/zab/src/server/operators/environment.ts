import type { ServerView } from '../server-view.ts';

/** The lines of `envi`: the server, then the process and the machine. */
export function environmentEntries({ version, host }: ServerView): readonly (readonly [string, string])[] {
  return [['zookeeper.version', version], ['host.name', host.hostName], ...host.environment()];
}
