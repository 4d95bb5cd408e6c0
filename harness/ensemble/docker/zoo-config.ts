// The zoo.cfg of a server in a pod. Every system reads it from /conf/zoo.cfg and keeps its data in /data,
// which is also what the official ZooKeeper images do.

export const clientPort = 2181;
const quorumPort = 2888;
const electionPort = 3888;

export const dataDirectory = '/data';
export const configFile = '/conf/zoo.cfg';
export const myidFile = `${dataDirectory}/myid`;

/**
 * Between two looks for containers and znodes with a time to live: the default, a minute, would outlast most runs.
 * Apache ZooKeeper takes it from no configuration file, only from a property of its virtual machine.
 */
const containerCheckKey = 'znode.container.checkIntervalMs';
const containerCheckMs = 1000;
export const javaFlags = `-D${containerCheckKey}=${containerCheckMs}`;

export interface Member {
  readonly sid: number;
  readonly address: string;
  readonly role: 'participant' | 'observer';
}

export interface Timing {
  readonly tickMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
}

export function renderZooConfig(
  sid: number,
  members: readonly Member[],
  timing: Timing,
  more: Readonly<Record<string, string>> = {},
): string {
  const own = members.find((member) => member.sid === sid);
  const lines = [
    `tickTime=${timing.tickMs}`,
    `initLimit=${timing.initLimit}`,
    `syncLimit=${timing.syncLimit}`,
    `dataDir=${dataDirectory}`,
    `clientPort=${clientPort}`,
    // All clients come from one address, the bridge's, so a limit per address would be a limit for the run.
    'maxClientCnxns=0',
    '4lw.commands.whitelist=ruok,srvr,stat,mntr',
    'admin.enableServer=false',
    // Without them there is no time to live.
    'extendedTypesEnabled=true',
    `${containerCheckKey}=${containerCheckMs}`,
    ...(own?.role === 'observer' ? ['peerType=observer'] : []),
    ...Object.entries(more).map(([key, value]) => `${key}=${value}`),
    ...members.map(renderMember),
  ];
  return `${lines.join('\n')}\n`;
}

/** As an administrator writes it, who must tell role and client port as well. */
export function renderAdministered({ sid, address, role }: Member): string {
  return `server.${sid}=${address}:${quorumPort}:${electionPort}:${role};${clientPort}`;
}

function renderMember({ sid, address, role }: Member): string {
  const suffix = role === 'observer' ? ':observer' : '';
  return `server.${sid}=${address}:${quorumPort}:${electionPort}${suffix}`;
}
