// Where this machine gets Debian packages from. An image made without a container registry must use the same
// mirrors, and no mirror is named in this repository.

export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** Entries for binary packages, from the one-line format of `*.list` files. */
export function parseSourcesList(text: string): AptSource[] {
  return contentLines(text).flatMap((line) => {
    const match = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(\S.*)$/.exec(line);
    if (match === null) return [];
    const [, uri = '', suite = '', components = ''] = match;
    return [{ uri, suite, components: words(components) }];
  });
}

/** Entries for binary packages, from the paragraphs of `*.sources` files. */
export function parseDeb822(text: string): AptSource[] {
  return text.split(/\n[ \t]*\n/).flatMap((paragraph) => {
    const fields = parseFields(paragraph);
    const isWanted = words(fields.get('types')).includes('deb') && fields.get('enabled') !== 'no';
    if (!isWanted) return [];
    const components = words(fields.get('components'));
    return words(fields.get('uris')).flatMap((uri) =>
      words(fields.get('suites')).map((suite) => ({ uri, suite, components })),
    );
  });
}

/** The sources that belong to a release of Debian: itself, its updates, its security archive. */
export function sourcesOfRelease(sources: readonly AptSource[], release: string): AptSource[] {
  const suites = [release, `${release}-updates`, `${release}-security`];
  return sources.filter(({ suite, components }) => suites.includes(suite) && components.includes('main'));
}

export function renderSourcesList(sources: readonly AptSource[]): string {
  return sources.map(({ uri, suite }) => `deb ${uri} ${suite} main\n`).join('');
}

/** Field names in lower case; a line that begins with a blank continues its field. */
function parseFields(paragraph: string): Map<string, string> {
  const fields = new Map<string, string>();
  let current = '';
  for (const line of paragraph.split('\n').filter((text) => text.trim() !== '' && !text.startsWith('#'))) {
    const match = /^([A-Za-z-]+):(.*)$/.exec(line);
    if (match !== null) current = (match[1] ?? '').toLowerCase();
    const text = match === null ? line : (match[2] ?? '');
    fields.set(current, `${fields.get(current) ?? ''} ${text}`.trim());
  }
  return fields;
}

function contentLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
