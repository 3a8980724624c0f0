import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { RhythmicError, systemCodeOf } from "../../support/errors";

/**
 * Takes a state for this process alone. Two that write to the same place from the same state would leave neither's
 * events: `kill -9` to an `npm run` ends npm, and what it had started runs on.
 *
 * The lock is a name among Linux's abstract sockets (unix(7)), which the system gives back whenever and however the
 * process ends, so that none is ever left behind. Elsewhere, or from another container, nobody is kept out.
 * @returns gives it back
 * @throws RhythmicError bad_usage where another start of the run has it
 */
export async function lockState(path: string): Promise<() => void> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  const taken = await new Promise<NodeJS.ErrnoException | undefined>((done) => {
    server.once("error", done);
    server.listen(`\0rhythmic-generator-${createHash("sha256").update(placeOf(path)).digest("hex")}`, () =>
      done(undefined),
    );
  }).catch(() => undefined);
  if (systemCodeOf(taken) !== "EADDRINUSE") return () => void server.close();
  throw new RhythmicError(
    "bad_usage",
    `The state ${path} is that of a run that is still going on; wait until it has ended, stop it, or give another --state.`,
  );
}

/** The same for all ways to write the path. */
function placeOf(path: string): string {
  const whole = resolve(path);
  for (const known of [whole, dirname(whole)]) {
    try {
      const place = realpathSync(known);
      return known === whole ? place : join(place, basename(whole));
    } catch {}
  }
  return whole;
}
