// Applies a unified diff, strictly: every line that a hunk shows must be there. A hunk may have moved, because
// the lines above it changed since the patch was made, but never fits loosely. What does not fit is an error
// that names file, hunk and the first line that differs.

export interface FilePatch {
  /** Path in the repository. */
  readonly path: string;
  /** The patch makes the file. */
  readonly isNew: boolean;
  readonly hunks: readonly Hunk[];
}

export interface Hunk {
  /** First line that it is about, from 1, in the file as it was. */
  readonly oldStart: number;
  readonly lines: readonly { readonly type: 'keep' | 'remove' | 'add'; readonly text: string }[];
}

export class PatchError extends Error {
  override readonly name = 'PatchError';
}

const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** `name` is for the messages. Text before the first file is a header and is skipped. */
export function parseUnifiedDiff(text: string, name: string): FilePatch[] {
  const lines = text.split(/\r?\n/);
  const patches: FilePatch[] = [];
  let at = 0;
  while (at < lines.length) {
    const isFile = lines[at]?.startsWith('--- ') === true && lines[at + 1]?.startsWith('+++ ') === true;
    if (!isFile) {
      at++;
      continue;
    }
    const oldPath = pathOf(lines[at] as string);
    const newPath = pathOf(lines[at + 1] as string);
    if (newPath === '/dev/null')
      throw new PatchError(`${name}:${at + 2}: a patch may not remove a file (${oldPath})`);
    at += 2;
    const hunks: Hunk[] = [];
    while (lines[at]?.startsWith('@@') === true) {
      const { hunk, next } = parseHunk(lines, at, name);
      hunks.push(hunk);
      at = next;
    }
    if (hunks.length === 0)
      throw new PatchError(`${name}:${at + 1}: ${newPath} has no hunk, expected a line with @@`);
    patches.push({ path: newPath, isNew: oldPath === '/dev/null', hunks });
  }
  if (patches.length === 0) {
    throw new PatchError(`${name}: expected a unified diff, found no lines with '--- a/…' and '+++ b/…'`);
  }
  return patches;
}

function pathOf(line: string): string {
  const path = (line.slice(4).split('\t')[0] as string).trim();
  return path === '/dev/null' ? path : path.replace(/^[ab]\//, '');
}

function parseHunk(lines: readonly string[], at: number, name: string): { hunk: Hunk; next: number } {
  const header = lines[at] as string;
  const match = hunkHeader.exec(header);
  if (match === null) {
    throw new PatchError(
      `${name}:${at + 1}: expected a hunk '@@ -line,count +line,count @@', found '${header}'`,
    );
  }
  const left = { old: Number(match[2] ?? 1), new: Number(match[4] ?? 1) };
  const hunk: Hunk['lines'][number][] = [];
  let next = at + 1;
  while (left.old > 0 || left.new > 0) {
    const line = lines[next];
    const type = line === undefined ? undefined : typeOf(line);
    if (line === undefined || type === undefined) {
      throw new PatchError(
        `${name}:${next + 1}: the hunk of line ${at + 1} promises ${left.old} more old and ${left.new} more new lines, found ${line === undefined ? 'the end of the patch' : `'${line}'`}`,
      );
    }
    next++;
    if (type === 'note') continue;
    if (type !== 'add') left.old--;
    if (type !== 'remove') left.new--;
    hunk.push({ type, text: line.slice(1) });
  }
  if (left.old < 0 || left.new < 0) {
    throw new PatchError(`${name}:${at + 1}: the hunk holds more lines than '${header}' promises`);
  }
  while (lines[next]?.startsWith('\\') === true) next++;
  return { hunk: { oldStart: Number(match[1]), lines: hunk }, next };
}

function typeOf(line: string): 'keep' | 'remove' | 'add' | 'note' | undefined {
  switch (line[0]) {
    case ' ':
    // Editors strip the only blank of an empty line.
    case undefined:
      return 'keep';
    case '-':
      return 'remove';
    case '+':
      return 'add';
    case '\\':
      return 'note';
    default:
      return undefined;
  }
}

/** The file with the patch; `content` is null where there is no such file. */
export function applyFilePatch(patch: FilePatch, content: string | null, name: string): string {
  if (content === null && !patch.isNew)
    throw new PatchError(`${name}: there is no file ${patch.path} to patch`);
  if (content !== null && patch.isNew) throw new PatchError(`${name}: ${patch.path} is there already`);
  const lines = content === null ? [] : content.split('\n');
  // Hunks are placed against the original, one after the other, so they can neither overlap nor swap.
  const result: string[] = [];
  let taken = 0;
  for (const [index, hunk] of patch.hunks.entries()) {
    const expected = hunk.lines.filter(({ type }) => type !== 'add').map(({ text }) => text);
    const place = patch.isNew ? 0 : findPlace(lines, expected, { near: hunk.oldStart - 1, from: taken });
    if (place === null) {
      throw new PatchError(`${name}: hunk ${index + 1} of ${patch.path} ${misfit(lines, expected, hunk)}`);
    }
    result.push(...lines.slice(taken, place));
    result.push(...hunk.lines.filter(({ type }) => type !== 'remove').map(({ text }) => text));
    taken = place + expected.length;
  }
  result.push(...lines.slice(taken));
  return patch.isNew ? `${result.join('\n')}\n` : result.join('\n');
}

/** Where all the lines expected stand together, nearest to where the patch says; null when nowhere. */
function findPlace(
  lines: readonly string[],
  expected: readonly string[],
  { near, from }: { readonly near: number; readonly from: number },
): number | null {
  const fits = (at: number): boolean => expected.every((text, offset) => lines[at + offset] === text);
  const last = lines.length - expected.length;
  for (let distance = 0; distance <= lines.length; distance++) {
    for (const at of [near - distance, near + distance]) if (at >= from && at <= last && fits(at)) return at;
  }
  return null;
}

/** Says where the hunk fits best and what differs there first. */
function misfit(lines: readonly string[], expected: readonly string[], { oldStart }: Hunk): string {
  let best = { at: oldStart - 1, matched: 0 };
  for (let at = 0; at < lines.length; at++) {
    const differs = expected.findIndex((text, offset) => lines[at + offset] !== text);
    const matched = differs === -1 ? expected.length : differs;
    if (matched > best.matched) best = { at, matched };
  }
  const found = lines[best.at + best.matched];
  return (
    `fits nowhere; at line ${best.at + best.matched + 1} it expects '${expected[best.matched] ?? ''}', ` +
    `found ${found === undefined ? 'the end of the file' : `'${found}'`}`
  );
}
