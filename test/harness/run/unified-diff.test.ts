import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { applyFilePatch, parseUnifiedDiff, PatchError } from '../../../harness/run/unified-diff.ts';

const original = ['one', 'two', 'three', 'four', 'five', 'six', ''].join('\n');

function apply(patch: string, content: string | null = original): string {
  const [file] = parseUnifiedDiff(patch, 'my.patch');
  return applyFilePatch(file!, content, 'my.patch');
}

function patchOf(...lines: string[]): string {
  return ['--- a/src/x.ts', '+++ b/src/x.ts', ...lines, ''].join('\n');
}

describe('unified diff', () => {
  it('replaces a line between its context', () => {
    const result = apply(patchOf('@@ -2,3 +2,3 @@', ' two', '-three', '+THREE', ' four'));

    assert.equal(result, original.replace('three', 'THREE'));
  });

  it('skips a header before the first file', () => {
    const patch = `Breaks something.\n--- not a file\n\n${patchOf('@@ -1 +1 @@', '-one', '+ONE')}`;

    assert.equal(apply(patch), original.replace('one', 'ONE'));
  });

  it('adds and removes lines in several hunks', () => {
    const result = apply(
      patchOf('@@ -1,2 +1,3 @@', ' one', '+one and a half', ' two', '@@ -5,2 +6,1 @@', ' five', '-six'),
    );

    assert.equal(result, 'one\none and a half\ntwo\nthree\nfour\nfive\n');
  });

  it('follows a hunk whose lines have moved', () => {
    const moved = `zero\nzero\n${original}`;

    assert.equal(
      apply(patchOf('@@ -3,2 +3,2 @@', '-three', '+THREE', ' four'), moved),
      moved.replace('three', 'THREE'),
    );
  });

  it('of two places that fit takes the nearer one', () => {
    const twice = 'a\nb\nc\nd\na\nb\n';

    assert.equal(apply(patchOf('@@ -6,1 +6,1 @@', '-b', '+B'), twice), 'a\nb\nc\nd\na\nB\n');
    assert.equal(apply(patchOf('@@ -1,1 +1,1 @@', '-b', '+B'), twice), 'a\nB\nc\nd\na\nb\n');
  });

  it('takes an empty line that lost its blank', () => {
    assert.equal(apply(patchOf('@@ -1,3 +1,3 @@', '-x', '+X', '', ' y'), 'x\n\ny\n'), 'X\n\ny\n');
  });

  it('makes a new file', () => {
    const patch = ['--- /dev/null', '+++ b/src/new.ts', '@@ -0,0 +1,2 @@', '+one', '+two', ''].join('\n');

    const [file] = parseUnifiedDiff(patch, 'my.patch');

    assert.ok(file !== undefined);
    assert.equal(file.path, 'src/new.ts');
    assert.equal(applyFilePatch(file, null, 'my.patch'), 'one\ntwo\n');
  });

  const refused: readonly [string, () => unknown, RegExp][] = [
    [
      'a hunk that fits nowhere, naming it and the first line that differs',
      () => apply(patchOf('@@ -1 +1 @@', '-one', '+1', '@@ -3,2 +3,2 @@', ' three', '-vier', '+4')),
      /my\.patch: hunk 2 of src\/x\.ts fits nowhere; at line 4 it expects 'vier', found 'four'/,
    ],
    [
      'a hunk that goes beyond the end',
      () => apply(patchOf('@@ -6,3 +6,2 @@', ' six', '-', '-seven', '+VII'), 'five\nsix\n'),
      /found 'the end|expects 'seven', found the end of the file/,
    ],
    [
      'a hunk with fewer lines than it promises',
      () => apply(patchOf('@@ -1,3 +1,3 @@', '-one', '+ONE')),
      /my\.patch:\d+: .*promises/,
    ],
    [
      'a hunk without a proper header',
      () => apply(patchOf('@@ one @@', '-one', '+ONE')),
      /my\.patch:3: expected a hunk/,
    ],
    ['a file without hunks', () => apply(patchOf()), /src\/x\.ts has no hunk/],
    [
      'text that is no diff',
      () => parseUnifiedDiff('hello\n', 'my.patch'),
      /my\.patch: expected a unified diff/,
    ],
    [
      'a file that is not there',
      () => apply(patchOf('@@ -1 +1 @@', '-one', '+ONE'), null),
      /there is no file src\/x\.ts/,
    ],
    [
      'a new file that is there already',
      () => apply(['--- /dev/null', '+++ b/src/x.ts', '@@ -0,0 +1 @@', '+one', ''].join('\n')),
      /src\/x\.ts is there already/,
    ],
    [
      'the removal of a file',
      () => apply(['--- a/src/x.ts', '+++ /dev/null', '@@ -1 +0,0 @@', '-one', ''].join('\n')),
      /may not remove a file \(src\/x\.ts\)/,
    ],
  ];
  for (const [title, action, message] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(action, (error) => error instanceof PatchError && message.test(error.message));
    });
  }
});
