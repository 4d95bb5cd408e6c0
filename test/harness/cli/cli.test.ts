// The command as a user starts it. Only what is quick: the commands themselves are tested where they live.

import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ordeal(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['harness/cli/ordeal.js', ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (exit) => resolve({ exit, ...output }));
  });
}

describe('ordeal', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ordeal-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const wrong: readonly [string, readonly string[], RegExp][] = [
    ['an unknown command', ['rnu'], /unknown command 'rnu'[\s\S]*run/],
    ['an unknown flag', ['run', '--nemsis', 'kill'], /unknown option '--nemsis'[\s\S]*--nemesis/],
    ['a flag without its value', ['run', '--seed'], /argument missing/],
    ['a list of nothing known', ['list', 'nemesis'], /did you mean nemeses\?/],
    ['a file that is not there', ['check', join('no', 'such', 'file')], /no such file/],
    [
      'a model that is not there',
      ['check', 'x.edn', '--model', 'cas-regster'],
      /did you mean cas-register\?/,
    ],
    ['a module that is not there', ['check', 'x.edn', '--model', './mine.ts'], /\.\/mine\.ts: no such file/],
    [
      'a history to export that is none',
      ['export', 'package.json', '-'],
      /package\.json:1: expected a JSON object/,
    ],
    ['a folder that is no run', ['report', 'test'], /expected the folder of a run/],
  ];
  it('says what is wrong with a command line, on standard error and with exit code 64', async () => {
    const ended = await Promise.all(wrong.map(([, args]) => ordeal(...args)));

    for (const [index, [title, , message]] of wrong.entries()) {
      const { exit, stdout, stderr } = ended[index]!;
      assert.equal(exit, 64, `${title}: ${stderr}`);
      assert.match(stderr, message, title);
      assert.equal(stdout, '', title);
    }
  });

  it('explains itself', async () => {
    const [help, runHelp, version] = await Promise.all([
      ordeal('--help'),
      ordeal('run', '--help'),
      ordeal('--version'),
    ]);

    assert.deepEqual([help.exit, runHelp.exit, version.exit], [0, 0, 0]);
    assert.match(help.stdout, /Exit codes: 0 passed, 1 a guarantee was violated/);
    assert.match(runHelp.stdout, /Examples:\n {2}ordeal run --seed 7/);
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('lists what other commands take', async () => {
    const lists = ['nemeses', 'guarantees', 'mutants'];

    const ended = await Promise.all(lists.map((what) => ordeal('list', what)));

    for (const { exit, stdout } of ended) {
      assert.equal(exit, 0);
      assert.match(stdout, /^\S+ {2,}\S/m);
    }
  });

  it('runs, prints one JSON value, and can be repeated', async () => {
    const args = [
      'run',
      '--seed',
      '4',
      '--nemesis',
      'kill',
      '--time-limit',
      '6s',
      '--json',
      '--runs',
      folder,
    ];

    const [one, same] = [await ordeal(...args), await ordeal(...args)];

    assert.equal(one.exit, 0, one.stderr);
    const result = JSON.parse(one.stdout) as Record<string, unknown>;
    assert.deepEqual(
      [result['seed'], result['system'], result['world'], result['exit'], result['verdict']],
      [4, 'zab', 'sim', 0, 'pass'],
    );
    assert.equal(result['traceHash'], (JSON.parse(same.stdout) as Record<string, unknown>)['traceHash']);
    assert.ok(existsSync(result['report'] as string));
    assert.match(one.stderr, /npx ordeal run --seed 4 --nemesis kill --time-limit 6s/);

    const run = join(folder, result['run'] as string);
    const [checked, reported] = await Promise.all([ordeal('check', run, '--json'), ordeal('report', run)]);
    const [verdict] = JSON.parse(checked.stdout) as Record<string, unknown>[];
    assert.equal(checked.exit, 0, checked.stderr);
    assert.deepEqual(
      [verdict?.['format'], verdict?.['model'], verdict?.['verdict']],
      ['ordeal', 'guarantees', 'pass'],
    );
    const opportunitiesIn = (of: Record<string, unknown> | undefined): number | undefined => {
      const all = of?.['guarantees'] as { name: string; opportunities: number }[] | undefined;
      return all?.find(({ name }) => name === 'durability')?.opportunities;
    };
    assert.ok((opportunitiesIn(verdict) ?? 0) > 10);
    assert.equal(opportunitiesIn(verdict), opportunitiesIn(result));
    assert.equal(reported.exit, 0);
    assert.match(reported.stdout, /report {3}.*report\.html/);
  });

  it('says nothing but the verdict when it is to be quiet', async () => {
    const brief = ['run', '--nemesis', 'none', '--time-limit', '1s', '--servers', '1', '--runs', folder];
    const { stderr, stdout } = await ordeal(...brief, '--quiet');

    assert.equal(stderr, '');
    assert.match(stdout, /replay {3}npx ordeal run/);
  });

  it('judges histories of other tools, the worst one deciding the exit code', async () => {
    const histories = 'test/histories/porcupine';

    const { exit, stdout } = await ordeal(
      'check',
      `${histories}/c01-ok.txt`,
      `${histories}/c01-bad.txt`,
      '--json',
    );

    const judged = JSON.parse(stdout) as Record<string, unknown>[];
    assert.equal(exit, 1);
    assert.deepEqual(
      judged.map(({ verdict }) => verdict),
      ['pass', 'violated'],
    );
    assert.deepEqual(Object.keys(judged[0]!).sort(), [
      'elapsedMs',
      'evidence',
      'file',
      'format',
      'model',
      'operations',
      'verdict',
    ]);
  });

  it('ends with 130 when it is interrupted', async () => {
    const args = ['harness/cli/ordeal.js', 'run', '--time-limit', '2h', '--runs', folder];
    const child = spawn(process.execPath, args);
    const ended = new Promise((resolve) => {
      child.on('close', resolve);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('running')) child.kill('SIGINT');
    });

    assert.equal(await ended, 130);
  });
});
