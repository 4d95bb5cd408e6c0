// The architecture as an oxlint rule: which folder may import which. The rule resolves each relative import
// to a folder of the repository, so it holds at any depth. The table is design, not taste: the protocol core
// must stay free of I/O, checkers must see nothing but a history, and `harness/wire` is the one folder that
// judge and judged share.

import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** First match wins. `folders`: what may be imported beside the own folder; `modules`: what else, by prefix. */
const rules = [
  { of: 'harness/wire', folders: [], modules: [] },
  { of: 'harness/random', folders: [], modules: [] },
  { of: 'harness/history', folders: ['harness/wire'], modules: ['node:', '*'] },
  {
    of: 'docker/zab/src/core',
    folders: ['docker/zab/src/state', 'harness/wire'],
    modules: ['node:assert/strict'],
  },
  {
    of: 'docker/zab/src/state',
    folders: ['docker/zab/src/core', 'harness/wire'],
    modules: ['node:assert/strict'],
  },
  {
    of: 'docker/zab/src/server',
    folders: ['docker/zab/src/core', 'docker/zab/src/state', 'harness/wire'],
    modules: ['node:assert/strict', 'node:path'],
  },
  { of: 'docker/zab/src', folders: ['docker/zab/src', 'harness/wire'], modules: ['node:'] },
  { of: 'checkers', folders: ['harness/history'], modules: ['node:assert/strict'] },
  {
    of: 'workloads',
    folders: ['checkers', 'harness/client', 'harness/history', 'harness/random', 'harness/wire'],
    modules: ['node:assert/strict'],
  },
  {
    of: 'harness/generator',
    folders: ['workloads', 'harness/client', 'harness/history', 'harness/random', 'harness/ensemble'],
    modules: ['node:assert/strict'],
  },
  {
    of: 'harness/client',
    folders: ['harness/wire', 'harness/random'],
    modules: ['node:'],
  },
  {
    of: 'harness/simulation',
    folders: ['harness/wire', 'harness/random', 'harness/client', 'harness/history', 'docker/zab/src'],
    modules: ['node:assert/strict', 'node:path'],
  },
  {
    of: 'harness/nemesis/directed',
    folders: ['harness/nemesis', 'harness/ensemble', 'harness/history', 'harness/package-root.ts'],
    modules: ['node:fs', 'node:path'],
  },
  {
    of: 'harness/nemesis',
    folders: [
      'harness/ensemble',
      'harness/random',
      'harness/client',
      'harness/history',
      'harness/run/run-result.ts',
    ],
    modules: ['node:assert/strict'],
  },
  {
    of: 'harness/bench/witness',
    folders: ['harness/check', 'harness/history', 'harness/random', 'harness/run'],
    modules: ['node:'],
  },
  {
    of: 'harness/bench/checkers',
    folders: ['checkers', 'harness/history', 'harness/random'],
    modules: ['node:'],
  },
  {
    of: 'harness/bench',
    folders: [
      'harness/client',
      'harness/ensemble',
      'harness/history/latency-histogram.ts',
      'harness/random',
      'harness/wire',
    ],
    modules: ['node:'],
  },
  {
    of: 'reports',
    folders: [
      'checkers',
      'harness/campaign/campaign-result.ts',
      'harness/campaign/coverage.ts',
      'harness/history',
      'harness/run/run-result.ts',
      'harness/wire',
    ],
    modules: ['node:', '*'],
  },
];

const folderImports = {
  meta: { type: 'problem' },
  create(context) {
    const file = relative(root, context.filename).split(sep).join('/');
    const rule = rules.find((candidate) => file.startsWith(`${candidate.of}/`));
    const isCli = file.startsWith('harness/cli/') || file.startsWith('test/');

    function check(node) {
      const specifier = node.source?.value;
      if (typeof specifier !== 'string') return;
      const target = specifier.startsWith('.')
        ? relative(root, join(dirname(context.filename), specifier))
            .split(sep)
            .join('/')
        : null;
      if (target?.startsWith('harness/cli/') && !isCli) {
        context.report({ node, message: `nobody imports harness/cli, but this imports ${target}` });
      }
      if (rule === undefined) return;
      const allowed =
        target === null
          ? rule.modules.some(
              (prefix) => specifier.startsWith(prefix) || (prefix === '*' && !specifier.startsWith('node:')),
            )
          : [rule.of, ...rule.folders].some((folder) => target === folder || target.startsWith(`${folder}/`));
      if (!allowed) {
        const may = [rule.of, ...rule.folders, ...rule.modules].join(', ');
        context.report({ node, message: `${rule.of} may import ${may}; this is ${target ?? specifier}` });
      }
    }

    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

/** Node 22, which the project supports, cannot parse `using`; tests run on the Node that npm brings. */
const noUsing = {
  meta: { type: 'problem' },
  create(context) {
    return {
      VariableDeclaration(node) {
        if (!node.kind.includes('using')) return;
        context.report({ node, message: `'${node.kind}' does not run on Node 22: use try and finally` });
      },
    };
  },
};

export default { meta: { name: 'ordeal' }, rules: { 'folder-imports': folderImports, 'no-using': noUsing } };
