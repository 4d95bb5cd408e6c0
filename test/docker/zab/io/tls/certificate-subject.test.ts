import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { subjectOf } from '../../../../../docker/zab/src/io/tls/certificate-subject.ts';
import { clientSubject, fixture } from './fixtures.ts';

function subjectIn(name: string): string {
  return subjectOf(new X509Certificate(readFileSync(fixture(name))).raw);
}

describe('the subject of a certificate', () => {
  it('has its most specific part first', () => {
    assert.equal(subjectIn('server.pem'), 'CN=server,O=Ordeal tests');
  });

  it('is written as Java writes it: escaped, unnamed types as numbers, several values in one part', () => {
    assert.equal(subjectIn('client.pem'), clientSubject);
  });
});
