// The models of `--model`: by name, or a module of the user's own.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyModel } from '../../checkers/models/model.ts';
import { findModel } from '../../checkers/models/models.ts';
import { makeOwnModel } from '../../checkers/models/own-model.ts';

/** The text names a file rather than a model. */
export function isModelFile(name: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(name);
}

/** Throws OwnModelError for a module that is none. A name must be known. */
export async function loadModel(name: string): Promise<AnyModel> {
  if (!isModelFile(name)) {
    const model = findModel(name);
    if (model === undefined) throw new OwnModelError(`there is no model ${name}`);
    return model;
  }
  const file = resolve(name);
  if (!existsSync(file)) throw new OwnModelError(`--model ${name}: no such file`);
  try {
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    return makeOwnModel(module['model'] ?? module['default'], name);
  } catch (error) {
    throw new OwnModelError(`--model ${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

export class OwnModelError extends Error {
  override readonly name = 'OwnModelError';
}
