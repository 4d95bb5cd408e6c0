#!/usr/bin/env node
// The `ordeal` command. Plain JavaScript, so that it can start everywhere and say what is missing: a checkout
// runs its TypeScript as it is, a published package has only what `tsc` made of it.

import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  console.error(
    `ordeal needs Node >= 22.22, this is ${process.version}. In a checkout, 'npm ci' brings Node 24: use 'npm start' or 'npx ordeal'.`,
  );
  process.exit(3);
}
// Halves the start: what was stripped of its types once need not be again.
enableCompileCache();

const source = new URL('./main.ts', import.meta.url);
const built = new URL('../../dist/harness/cli/main.js', import.meta.url);
await import((existsSync(source) ? source : built).href);
