// Paths of znodes: what is a valid one, and where its parent is. The root is written "/"; its other name, the
// empty string, is understood wherever a path is looked up, as Apache ZooKeeper understands it.

export const rootPath = '/';

/** Nodes that exist from the start and cannot be deleted. */
export const systemPaths = ['/zookeeper', '/zookeeper/config', '/zookeeper/quota'] as const;

/** What lies under /zookeeper is partly each server's own, so it is left out of every digest. */
const systemPrefix = '/zookeeper/';

const slash = '/'.charCodeAt(0);
const dot = '.'.charCodeAt(0);

/** One pass: it is asked for every write. */
export function isValidPath(path: string): boolean {
  if (path === rootPath) return true;
  if (path.charCodeAt(0) !== slash) return false;
  let elementStart = 1;
  for (let index = 1; index < path.length; index++) {
    const unit = path.charCodeAt(index);
    if (isForbidden(unit)) return false;
    if (unit !== slash) continue;
    if (isEmptyOrDots(path, elementStart, index)) return false;
    elementStart = index + 1;
  }
  return !isEmptyOrDots(path, elementStart, path.length);
}

/** An element that is nothing, `.` or `..`. */
function isEmptyOrDots(path: string, start: number, end: number): boolean {
  if (end - start > 2) return false;
  for (let index = start; index < end; index++) if (path.charCodeAt(index) !== dot) return false;
  return true;
}

/** ASCII and C1 controls, surrogates and private use, specials. */
function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    (unit >= 0xfff0 && unit <= 0xffff)
  );
}

/** The weaker rule of create and delete, before the parent is looked up. */
export function hasParent(path: string): boolean {
  return path.includes('/') && !path.includes('\0');
}

/** For paths with a slash; the root is its own parent. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? rootPath : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function isDeletable(path: string): boolean {
  return path !== rootPath && !(systemPaths as readonly string[]).includes(path);
}

export function isDigested(path: string): boolean {
  return !path.startsWith(systemPrefix);
}
