// The operations that are one write each: when one is acknowledged, the zxid of its reply is its own. Those of
// several requests have zxids of several, and are not among them.

export const writeFunctions: ReadonlySet<string> = new Set([
  'write',
  'cas',
  'add',
  'sequential-create',
  'plain-create',
  'sequence-delete',
  'pair-write',
  'transfer',
  'token-swap',
  'txn',
  'reconfig',
]);
