// A data directory that this server must not start from, or cannot write to.

/** Names the file, what is wrong there, and what its operator can do. */
export class StorageError extends Error {
  constructor(file: string, problem: string, remedy: string) {
    super(`${file}: ${problem}. ${remedy}`);
    this.name = 'StorageError';
  }
}
