import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { loadCredentials } from '../../../../../docker/zab/src/io/tls/tls-credentials.ts';
import type { TlsEndpoint } from '../../../../../docker/zab/src/server/config/tls-settings.ts';
import { endpoint, fixture, store } from './fixtures.ts';

function load(changes: Partial<TlsEndpoint> = {}): ReturnType<typeof loadCredentials> {
  return loadCredentials({ endpoint: endpoint(changes), file: 'zoo.cfg' });
}

describe('TLS credentials', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'tls-credentials-test-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('come from PEM files, for TLS 1.2 where nothing else is said', () => {
    const { minVersion, maxVersion, ca } = load();

    assert.deepEqual({ minVersion, maxVersion }, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    assert.match(String(ca), /BEGIN CERTIFICATE/);
  });

  it('open an encrypted key by its password, or by a file that holds it', () => {
    const passwordPath = join(directory, 'password');
    writeFileSync(passwordPath, 'secret\n');
    const keyStore = store('server-encrypted.pem');

    assert.equal(load({ keyStore: { ...keyStore, password: 'secret' } }).passphrase, 'secret');
    assert.equal(load({ keyStore: { ...keyStore, passwordPath } }).passphrase, 'secret');
    for (const password of [null, 'wrong']) {
      assert.throws(
        () => load({ keyStore: { ...keyStore, password } }),
        /ssl\.keyStore\.location .*server-encrypted\.pem: .*open with ssl\.keyStore\.password/,
      );
    }
  });

  it('take protocols as a range and cipher suites by the names of Java', () => {
    const { minVersion, maxVersion, ciphers } = load({
      enabledProtocols: ['TLSv1.3', 'TLSv1.2'],
      cipherSuites: [
        'TLS_AES_128_GCM_SHA256',
        'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
        'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
        'TLS_RSA_WITH_AES_128_CBC_SHA',
        'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
        'TLS_KRB5_WITH_RC4_128_MD5',
      ],
    });

    assert.deepEqual({ minVersion, maxVersion }, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' });
    assert.deepEqual(ciphers?.split(':'), [
      'TLS_AES_128_GCM_SHA256',
      'ECDHE-RSA-AES128-GCM-SHA256',
      'ECDHE-RSA-AES256-SHA384',
      'AES128-SHA',
      'ECDHE-ECDSA-CHACHA20-POLY1305',
    ]);
  });

  const missing = { location: null, password: null, passwordPath: null, type: null };
  const unusable: readonly [name: string, changes: Partial<TlsEndpoint>, message: RegExp][] = [
    ['a missing key store', { keyStore: missing }, /TLS needs ssl\.keyStore\.location, which is missing/],
    ['a missing trust store', { trustStore: missing }, /TLS needs ssl\.trustStore\.location/],
    ['a file that is not there', { keyStore: store('none.pem') }, /none\.pem: ENOENT/],
    [
      'a Java key store',
      { keyStore: { ...missing, location: '/keys/server.jks' } },
      /\/keys\/server\.jks is of type JKS, and this server reads PEM only.*openssl pkcs12/,
    ],
    ['a file without a key', { keyStore: store('authority.pem') }, /ssl\.keyStore\.location .*private key/],
    [
      'a file without a certificate',
      { trustStore: { ...missing, location: fixture('make.sh'), type: 'PEM' } },
      /ssl\.trustStore\.location .*make\.sh: it holds no certificate/,
    ],
    ['an unknown protocol', { enabledProtocols: ['SSLv3'] }, /unknown protocol SSLv3/],
    ['unknown cipher suites', { cipherSuites: ['TLS_NONE'] }, /ssl\.ciphersuites: none of TLS_NONE is known/],
  ];
  for (const [name, changes, message] of unusable) {
    it(`refuse ${name}, and name it`, () => {
      assert.throws(() => load(changes), { name: 'ConfigError', message });
    });
  }

  it('need no trust store where clients show no certificate', () => {
    assert.equal(load({ trustStore: missing, clientAuth: 'none' }).ca, undefined);
  });
});
