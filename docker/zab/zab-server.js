#!/usr/bin/env node
// The `zab-server` command: the TypeScript of a checkout, or the built files of a published package.

import { existsSync } from 'node:fs';

const source = new URL('./src/main.ts', import.meta.url);
const built = new URL('../../dist/docker/zab/src/main.js', import.meta.url);
await import((existsSync(source) ? source : built).href);
