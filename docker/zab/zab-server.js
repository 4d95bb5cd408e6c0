#!/usr/bin/env node
// The `zab-server` command: the TypeScript of a checkout, or the built files of a published package.

import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(
    `zab-server needs Node >= 22.22, this is ${process.version}. In a checkout, 'npm ci' brings Node 24: use 'npx zab-server'.\n`,
  );
  process.exit(2);
}

const source = new URL('./src/main.ts', import.meta.url);
const built = new URL('../../dist/docker/zab/src/main.js', import.meta.url);
await import((existsSync(source) ? source : built).href);
