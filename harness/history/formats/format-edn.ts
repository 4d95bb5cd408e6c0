// Writes a history as Jepsen's EDN, one operation per line. What only Ordeal records (zxid, version, session,
// server) stands under keywords of its own, which Jepsen's tools pass over.

import type { Operation } from '../operation.ts';

export function formatJepsenEdn(history: readonly Operation[]): string {
  return history.map((operation) => `${formatEntry(operation)}\n`).join('');
}

function formatEntry(operation: Operation): string {
  const { index, time, process, type, f, value, error, zxid, version, session, server } = operation;
  const fields: readonly (readonly [name: string, text: string | null])[] = [
    ['index', String(index)],
    ['time', formatValue(time)],
    ['process', process === 'nemesis' ? ':nemesis' : String(process)],
    ['type', `:${type}`],
    ['f', isName(f) ? `:${f}` : formatText(f)],
    ['value', formatValue(value)],
    ['error', optional(error)],
    ['zxid', optional(zxid)],
    ['version', optional(version)],
    ['session', optional(session)],
    ['server', optional(server)],
  ];
  return `{${fields.flatMap(([name, text]) => (text === null ? [] : [`:${name} ${text}`])).join(', ')}}`;
}

function optional(value: unknown): string | null {
  return value === undefined ? null : formatValue(value);
}

function formatValue(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'string') return formatText(value);
  if (typeof value === 'number') return formatNumber(value);
  if (Array.isArray(value)) return `[${value.map(formatValue).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${entries.map(([key, member]) => `${formatKey(key)} ${formatValue(member)}`).join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** JSON has no other numbers than EDN has, but for the form of large ones. */
function formatNumber(value: number): string {
  return Number.isSafeInteger(value) ? value.toFixed(0) : String(value).replace('e+', 'e');
}

function formatKey(key: string): string {
  return isName(key) ? `:${key}` : formatText(key);
}

/** May stand as a keyword. */
function isName(text: string): boolean {
  return /^[A-Za-z][\w.*+!?<>=-]*$/.test(text);
}

/** EDN knows fewer escapes than JSON. */
function formatText(text: string): string {
  return JSON.stringify(text).replaceAll(/\\[bf]/g, (escape) => (escape === '\\b' ? '\\u0008' : '\\u000c'));
}
