// XML of elements and text, as much as a JUnit report needs: indented, and every value escaped. A library for it has
// 150 modules, whose loading was a good part of what a run needed to start.

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Other elements, or a text. */
  readonly content: readonly XmlElement[] | string;
}

/** Without a newline at the end. */
export function renderXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${renderElement(root, '\n')}`;
}

/** `indent` is the newline in front of it, with its spaces. */
function renderElement({ name, attributes, content }: XmlElement, indent: string): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  const start = `${indent}<${name}${given.join('')}`;
  if (content.length === 0) return `${start}/>`;
  if (typeof content === 'string') return `${start}>${escapeXml(content, textEscapes)}</${name}>`;
  const inner = content.map((element) => renderElement(element, `${indent}  `)).join('');
  return `${start}>${inner}${indent}</${name}>`;
}

const textEscapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const attributeEscapes: Readonly<Record<string, string>> = { ...textEscapes, '"': '&quot;' };

function escapeXml(text: string, escapes = attributeEscapes): string {
  return printable(text).replace(/[&<>"]/g, (character) => escapes[character] ?? character);
}

/** XML 1.0 has no way to write most control characters, not even escaped. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}
