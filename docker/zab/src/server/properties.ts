// Java properties, the syntax of zoo.cfg: `key=value` or `key: value` or `key value`, `#` and `!` comments,
// a backslash that escapes or continues the line. Every entry keeps its line number, so that an error can
// point at it. Facts: Java's Properties class; storage-format of ZooKeeper 3.8, "Configuration file".

export interface Property {
  readonly key: string;
  readonly value: string;
  /** One-based number of the line where the key stands. */
  readonly line: number;
}

/** What the file cannot be: a message, and the line it is about. */
export interface PropertySyntaxError {
  readonly message: string;
  readonly line: number;
}

/** In file order; a key that is given twice appears twice. */
export function parseProperties(text: string): readonly Property[] | PropertySyntaxError {
  const properties: Property[] = [];
  for (const { content, line } of logicalLines(text)) {
    const { rawKey, rawValue } = splitEntry(content);
    const key = unescapeText(rawKey);
    const value = unescapeText(rawValue);
    if (key === null || value === null) {
      return { message: 'a \\u escape needs four hex digits', line };
    }
    properties.push({ key, value: value.trim(), line });
  }
  return properties;
}

export function isSyntaxError(
  parsed: readonly Property[] | PropertySyntaxError,
): parsed is PropertySyntaxError {
  return !Array.isArray(parsed);
}

/** Lines with continuations joined; comments and blank lines left out. */
function logicalLines(text: string): { content: string; line: number }[] {
  const natural = text.split(/\r\n|\r|\n/);
  const logical: { content: string; line: number }[] = [];
  for (let index = 0; index < natural.length; index++) {
    const line = index + 1;
    let content = (natural[index] ?? '').trimStart();
    if (content === '' || content.startsWith('#') || content.startsWith('!')) continue;
    while (endsInContinuation(content)) {
      index += 1;
      content = content.slice(0, -1) + (natural[index] ?? '').trimStart();
    }
    logical.push({ content, line });
  }
  return logical;
}

/** An odd number of backslashes at the end: an even number is that many escaped backslashes. */
function endsInContinuation(content: string): boolean {
  return (/\\*$/.exec(content)?.[0].length ?? 0) % 2 === 1;
}

/** The key ends at the first unescaped `=`, `:` or blank; one separator and the blanks around it are dropped. */
function splitEntry(content: string): { rawKey: string; rawValue: string } {
  let end = 0;
  while (end < content.length && !/[=:\s]/.test(content.charAt(end))) {
    end += content.charAt(end) === '\\' ? 2 : 1;
  }
  const rest = content.slice(end).replace(/^\s*[=:]?\s*/, '');
  return { rawKey: content.slice(0, end), rawValue: rest };
}

function unescapeText(raw: string): string | null {
  if (!raw.includes('\\')) return raw;
  let text = '';
  for (let index = 0; index < raw.length; index++) {
    if (raw.charAt(index) !== '\\') {
      text += raw.charAt(index);
      continue;
    }
    index += 1;
    const escaped = raw.charAt(index);
    if (escaped === 'u') {
      const digits = raw.slice(index + 1, index + 5);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) return null;
      text += String.fromCharCode(Number.parseInt(digits, 16));
      index += 4;
    } else {
      text += controlEscapes[escaped] ?? escaped;
    }
  }
  return text;
}

const controlEscapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };
