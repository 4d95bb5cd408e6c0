// One `server.N=host:quorumPort:electionPort[:role][;[clientHost:]clientPort]` line of zoo.cfg.
// Facts: storage-format of ZooKeeper 3.8, "server.N forms".

import type { Member, PeerRole } from './membership.ts';

/** The member, or the sentence part that says what was expected. */
export function parseServerLine(key: string, value: string): Member | string {
  const id = key.slice('server.'.length);
  if (!/^\d{1,15}$/.test(id)) return `a decimal server id behind "server."`;
  if (value.includes('|')) return 'one address: several addresses for one server are not supported';

  const [server = '', client, ...rest] = value.split(';');
  if (rest.length > 0) return 'at most one ";"';
  const match = /^(\[[^\]]+\]|[^:[\]]+):(\d+):(\d+)(?::(\w+))?$/.exec(server.trim());
  if (match === null) return 'host:quorumPort:electionPort';
  const [, host = '', quorumText = '', electionText = '', roleText = 'participant'] = match;
  const role = parseRole(roleText);
  if (role === null) return 'the role participant or observer';
  const quorumPort = Number(quorumText);
  const electionPort = Number(electionText);
  if (!isPort(quorumPort) || !isPort(electionPort)) return 'ports from 1 to 65535';
  if (quorumPort === electionPort) return 'two different ports for the quorum and the election';

  const clientAddress = client === undefined ? undefined : parseClientPart(client.trim());
  if (clientAddress === null) return '[clientHost:]clientPort behind ";"';
  return {
    sid: Number(id),
    role,
    host: host.replace(/^\[|\]$/g, ''),
    quorumPort,
    electionPort,
    ...(clientAddress === undefined ? {} : { clientAddress }),
  };
}

/** What stands behind `server.N=`, with its role and, if it has one, its client part. */
export function formatServerAddress(member: Member): string {
  const { role, host, quorumPort, electionPort, clientAddress } = member;
  const client = clientAddress === undefined ? '' : `;${formatClientAddress(clientAddress)}`;
  return `${bracketed(host)}:${quorumPort}:${electionPort}:${role}${client}`;
}

function formatClientAddress(address: string): string {
  const colon = address.lastIndexOf(':');
  return `${bracketed(address.slice(0, colon))}:${address.slice(colon + 1)}`;
}

/** An IPv6 address would run into the ports. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function parseRole(text: string): PeerRole | null {
  const role = text.toLowerCase();
  return role === 'participant' || role === 'observer' ? role : null;
}

/** A port alone listens on every address. */
function parseClientPart(text: string): string | null {
  const match = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d+)$/.exec(text);
  if (match === null || !isPort(Number(match[2]))) return null;
  return `${(match[1] ?? '0.0.0.0').replace(/^\[|\]$/g, '')}:${match[2]}`;
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65535;
}
