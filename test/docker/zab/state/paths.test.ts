import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  isDeletable,
  isDigested,
  isValidPath,
  nameOf,
  parentOf,
} from '../../../../docker/zab/src/state/paths.ts';

describe('path of a znode', () => {
  for (const path of ['/', '/a', '/a/b', '/a.b', '/...', '/a/.hidden', '/a b', '/ü中', '/zookeeper/x']) {
    it(`"${path}" is valid`, () => {
      assert(isValidPath(path));
    });
  }

  for (const [path, why] of [
    ['', 'empty'],
    ['a', 'no slash in front'],
    ['/a/', 'slash behind'],
    ['//', 'only slashes'],
    ['/a//b', 'an empty element'],
    ['/.', 'a dot'],
    ['/..', 'two dots'],
    ['/a/./b', 'a dot inside'],
    ['/a/../b', 'two dots inside'],
    ['/a\u0000', 'NUL'],
    ['/a\u001f', 'a control character'],
    ['/a\u007f', 'DEL'],
    ['/a\u009f', 'a C1 control character'],
    ['/\u{1f600}', 'surrogates'],
    ['/\uf8ff', 'private use'],
    ['/\ufff0', 'specials'],
  ] as const) {
    it(`is not valid with ${why}`, () => {
      assert(!isValidPath(path));
    });
  }

  it('is judged in one pass as by a pattern', () => {
    const naive = /^\/$|^(?!.*\/(?:\.{0,2}\/|\.{1,2}$))\/.*[^/]$/;
    const text = fc.string({ unit: fc.constantFrom('/', '.', 'a'), maxLength: 9 });
    fc.assert(fc.property(text, (path) => assert.equal(isValidPath(path), naive.test(path))));
  });

  it('has a parent and a name', () => {
    assert.equal(parentOf('/a/b'), '/a');
    assert.equal(parentOf('/a'), '/');
    assert.equal(parentOf('/'), '/');
    assert.equal(nameOf('/a/b'), 'b');
  });

  it('cannot be deleted when the server needs it', () => {
    assert.deepEqual(
      ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config', '/zookeeper/x', '/a'].filter(isDeletable),
      ['/zookeeper/x', '/a'],
    );
  });

  it('is left out of digests below /zookeeper only', () => {
    assert.deepEqual(['/', '/zookeeper', '/zookeeper/config', '/zookeepers'].filter(isDigested), [
      '/',
      '/zookeeper',
      '/zookeepers',
    ]);
  });
});
