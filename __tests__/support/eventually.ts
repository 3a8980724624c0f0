import { setTimeout as sleep } from "node:timers/promises";

const WITHIN_MS = 25_000;
const INTERVAL_MS = 20;

/** Waits until a condition holds; fails with what was waited for. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + WITHIN_MS;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error(`waited ${WITHIN_MS / 1000} s in vain until ${what}`);
    await sleep(INTERVAL_MS);
  }
}
