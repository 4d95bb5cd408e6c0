// Where the certificates for tests are, and settings that use them.

import { fileURLToPath } from 'node:url';
import type { TlsEndpoint } from '../../../../../docker/zab/src/server/config/tls-settings.ts';

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../../fixtures/tls/${name}`, import.meta.url));
}

/** Java's text of the subject in client.pem, as Apache ZooKeeper 3.8.0 answered whoAmI with it. */
export const clientSubject =
  '1.2.840.113549.1.9.1=#160f7a6f65406578616d706c652e6f7267,' +
  String.raw`UID=42+CN=Zoë \"the\" client,2.5.4.5=#130137,OU=a\=b\#c,O=Ordeal\, tests \+ more,C=CH`;

export function endpoint(changes: Partial<TlsEndpoint> = {}): TlsEndpoint {
  return {
    prefix: 'ssl.',
    keyStore: store('server.pem'),
    trustStore: store('authority.pem'),
    clientAuth: 'need',
    hostnameVerification: true,
    protocol: null,
    enabledProtocols: null,
    cipherSuites: null,
    handshakeDetectionTimeoutMs: 200,
    ...changes,
  };
}

export function store(name: string): TlsEndpoint['keyStore'] {
  return { location: fixture(name), password: null, passwordPath: null, type: null };
}
