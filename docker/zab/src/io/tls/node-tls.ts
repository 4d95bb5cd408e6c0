// The TLS that a zoo.cfg asks for: none, on the client port, between servers, or both.

import type { ZooConfig } from '../../server/config.ts';
import type { LogSink, TlsKeys } from '../../server/ports.ts';
import { TlsSide } from './tls-side.ts';

/** Null where the configuration asks for none. */
export type NodeTls = Readonly<Record<TlsKeys, TlsSide | null>>;

/** Throws a ConfigError for keys and certificates that cannot be used. */
export function openTls({ tls, file }: ZooConfig, log: LogSink): NodeTls {
  const isClient = tls.secureClientPort !== null || tls.clientPortUnification;
  const isQuorum = tls.sslQuorum || tls.quorumPortUnification;
  return {
    client: isClient
      ? new TlsSide({
          endpoint: tls.client,
          file,
          log,
          verifiesCallerName: false,
          reloads: tls.clientReloadsCertificates,
        })
      : null,
    quorum: isQuorum
      ? new TlsSide({
          endpoint: tls.quorum,
          file,
          log,
          verifiesCallerName: true,
          reloads: tls.quorumReloadsCertificates,
        })
      : null,
  };
}
