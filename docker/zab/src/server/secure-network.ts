// Where TLS is used: which listeners of this server shake hands, which take plain connections, and how it
// calls the other servers. How that is done is behind the network port.

import { clientAddressOf, type ZooConfig } from './config.ts';
import type { TlsSettings } from './config/tls-settings.ts';
import type { ListenAddress, Network } from './ports.ts';

/** What clients connect to: the plain port, the TLS port, or both. */
export function clientListenersOf(config: ZooConfig): ListenAddress[] {
  const { secureClientPort, secureClientPortAddress, clientPortUnification } = config.tls;
  const listeners: ListenAddress[] = [];
  const plain = clientAddressOf(config);
  if (plain !== null) {
    listeners.push(clientPortUnification ? { ...plain, tls: { keys: 'client', takesPlain: true } } : plain);
  }
  if (secureClientPort !== null) {
    const tls = { keys: 'client', takesPlain: false } as const;
    listeners.push({ host: secureClientPortAddress, port: secureClientPort, tls });
  }
  return listeners;
}

/**
 * The network for election and quorum ports. While an ensemble changes over, server by server, all of them take
 * both kinds of connections (`portUnification`), and `sslQuorum` decides what each of them dials.
 */
export function quorumNetwork(network: Network, tls: TlsSettings): Network {
  const { sslQuorum, quorumPortUnification: takesPlain } = tls;
  if (!sslQuorum && !takesPlain) return network;
  return {
    listen: (address, accept, failed) =>
      network.listen({ ...address, tls: { keys: 'quorum', takesPlain } }, accept, failed),
    dial: (address, timeoutMs, handlers) =>
      network.dial(sslQuorum ? { ...address, tls: 'quorum' } : address, timeoutMs, handlers),
  };
}
