// Where a machine's Debian packages come from, in both formats of apt.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  parseDeb822,
  parseSourcesList,
  renderSourcesList,
  sourcesOfRelease,
} from '../../../../harness/ensemble/docker/apt-sources.ts';

describe('sources.list', () => {
  it('gives one source per deb line, with options and comments left out', () => {
    const text = [
      '# deb http://old.example/debian bookworm main',
      'deb [signed-by=/k.gpg arch=amd64] http://m.example/debian bookworm main contrib # mirror',
      'deb-src http://m.example/debian bookworm main',
    ].join('\n');

    assert.deepEqual(parseSourcesList(text), [
      { uri: 'http://m.example/debian', suite: 'bookworm', components: ['main', 'contrib'] },
    ]);
  });
});

describe('*.sources', () => {
  it('gives one source per address and suite of a paragraph', () => {
    const text = [
      'Types: deb deb-src',
      '# a comment',
      'URIs: http://m.example/debian',
      'Suites: bookworm',
      ' bookworm-updates',
      'Components: main',
      '',
      'Types: deb',
      'Enabled: no',
      'URIs: http://off.example/debian',
      'Suites: bookworm',
      'Components: main',
      '',
      'Types: deb-src',
      'URIs: http://src.example/debian',
      'Suites: bookworm',
      'Components: main',
    ].join('\n');

    assert.deepEqual(parseDeb822(text), [
      { uri: 'http://m.example/debian', suite: 'bookworm', components: ['main'] },
      { uri: 'http://m.example/debian', suite: 'bookworm-updates', components: ['main'] },
    ]);
  });
});

describe('the sources of a release', () => {
  it('are its own, its updates and its security archive, and no third party', () => {
    const sources = [
      { uri: 'http://m.example/debian', suite: 'bookworm', components: ['main'] },
      { uri: 'http://m.example/security', suite: 'bookworm-security', components: ['main'] },
      { uri: 'http://m.example/debian', suite: 'trixie', components: ['main'] },
      { uri: 'http://tools.example/apt', suite: 'bookworm', components: ['nightly'] },
    ];

    assert.equal(
      renderSourcesList(sourcesOfRelease(sources, 'bookworm')),
      'deb http://m.example/debian bookworm main\ndeb http://m.example/security bookworm-security main\n',
    );
  });
});
