// Tests that need a Docker Engine with the images built. Where there is none they are shown as pending, with
// the reason; where ORDEAL_REQUIRE_DOCKER is set, as in CI, they fail instead: a suite that quietly tested less
// would be taken for one that passed.

import { describe, it } from 'mocha';
import { connectEngine, messageOf } from '../harness/ensemble/docker/engine.ts';
import { imageNames, imageState } from '../harness/ensemble/docker/images.ts';

const problem = await findProblem();

export function describeDocker(title: string, define: (this: Mocha.Suite) => void): void {
  if (problem === null) {
    describe(title, define);
    return;
  }
  describe(title, () => {
    if (process.env['ORDEAL_REQUIRE_DOCKER'] === undefined) {
      it(`NOT RUN: ${problem}`);
      return;
    }
    it('finds a Docker Engine and its images', () => {
      throw new Error(`ORDEAL_REQUIRE_DOCKER is set, and ${problem}`);
    });
  });
}

async function findProblem(): Promise<string | null> {
  try {
    const docker = await connectEngine();
    const states = await Promise.all(imageNames.map((name) => imageState(docker, name)));
    const missing = imageNames.filter((_name, index) => states[index] === 'missing');
    return missing.length === 0 ? null : `images are not built: ${missing.join(', ')} (ordeal images build)`;
  } catch (error) {
    return messageOf(error);
  }
}
