// The subject of a certificate in the text form that Java gives it (RFC 2253, the most specific part first),
// because that text is the id of the `x509` scheme in ACLs: one letter of difference and a client of Apache
// ZooKeeper loses its rights here. Node's own text of a subject has another form and loses the string types.

/** Attribute types that Java writes by name; all others are written as their number. */
const keywords: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
]);

const decoders: ReadonlyMap<number, (bytes: Buffer) => string> = new Map([
  [12, (bytes: Buffer) => bytes.toString('utf8')],
  [19, (bytes: Buffer) => bytes.toString('latin1')],
  [20, (bytes: Buffer) => bytes.toString('latin1')],
  [22, (bytes: Buffer) => bytes.toString('latin1')],
  [27, (bytes: Buffer) => bytes.toString('latin1')],
  [30, (bytes: Buffer) => Buffer.from(bytes).swap16().toString('utf16le')],
]);

const contextVersion = 0xa0;

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly whole: Buffer;
}

/** `der` is a certificate that OpenSSL has accepted. */
export function subjectOf(der: Buffer): string {
  const [certificate] = elementsOf(der);
  const [body] = elementsOf(certificate?.content ?? der);
  const fields = elementsOf(body?.content ?? der);
  // version (absent in version 1), serial number, algorithm, issuer, validity, subject.
  const subject = fields[fields[0]?.tag === contextVersion ? 5 : 4];
  if (subject === undefined) throw new Error('a certificate without a subject');
  return elementsOf(subject.content)
    .map((set) => elementsOf(set.content).map(attributeText).join('+'))
    .reverse()
    .join(',');
}

function elementsOf(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes.readUInt8(at);
    let length = bytes.readUInt8(at + 1);
    let start = at + 2;
    if (length >= 0x80) {
      const lengthBytes = length & 0x7f;
      length = bytes.readUIntBE(start, lengthBytes);
      start += lengthBytes;
    }
    const end = start + length;
    elements.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

function attributeText({ content }: Element): string {
  const [type, value] = elementsOf(content);
  if (type === undefined || value === undefined) throw new Error('a subject with an empty attribute');
  const number = objectIdentifierText(type.content);
  const keyword = keywords.get(number);
  const decode = decoders.get(value.tag);
  if (keyword === undefined || decode === undefined) {
    return `${keyword ?? number}=#${value.whole.toString('hex')}`;
  }
  return `${keyword}=${escapeValue(decode(value.content))}`;
}

function objectIdentifierText(bytes: Buffer): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of bytes) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length === 0) {
      const first = Math.min(2, Math.floor(value / 40));
      numbers.push(first, value - first * 40);
    } else numbers.push(value);
    value = 0;
  }
  return numbers.join('.');
}

function escapeValue(text: string): string {
  return text
    .replaceAll(/[,=+<>#;"\\]/g, String.raw`\$&`)
    .replaceAll('\0', String.raw`\00`)
    .replaceAll(/^[ \r]+|[ \r]+$/g, (blanks) => blanks.replaceAll(/[ \r]/g, String.raw`\$&`));
}
