// Waiting for a condition in the outside world, with a deadline that says what was waited for.

import assert from 'node:assert/strict';

const deadlineMs = 20_000;

export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `waited ${deadlineMs} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
