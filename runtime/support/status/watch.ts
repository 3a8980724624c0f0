import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Logger } from "../logging";
import type { Reports } from "../metrics";
import { createReporter, type Reporter } from "../reporting";
import type { Meter as ProgramMeter } from "./meter";
import { ProgramStatus } from "./program-status";
import { type Page, type StatusPlace, serveStatus } from "./server";

/** What a program is told by, and what it tells by. */
export interface Watched<R extends Reports> {
  readonly log: Logger;
  readonly status: ProgramStatus;
  readonly report: Reporter<R>;
  /** Where it is asked, such as http://127.0.0.1:8080; `undefined` where nobody can. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

export interface WatchOptions<R extends Reports> {
  readonly program: string;
  readonly reports: R;
  readonly log: Logger;
  /** Where /healthz, /readyz and /metrics are answered. @default nowhere */
  readonly place: StatusPlace | undefined;
  /** The file that runs: a bundle, or a source. */
  readonly file: string | undefined;
}

/**
 * A program's status, from before its work begins: a probe sees that it is not ready yet, rather than nobody.
 * @throws RhythmicError bad_settings where nothing can be answered there
 */
export async function watch<R extends Reports>(options: WatchOptions<R>): Promise<Watched<R>> {
  const { program, reports, log, place } = options;
  if (place === undefined) {
    const status = new ProgramStatus(log);
    return { log, status, report: createReporter(log, reports), url: undefined, close: async () => undefined };
  }
  // Counting costs time and memory of its own, so it is loaded where somebody may ask.
  const { Meter } = await import("./meter");
  const bundle = sha256OfBundle(options.file);
  const meter: ProgramMeter = new Meter({
    program,
    bundle,
    reports,
    isReady: () => status.isReady,
    isHealthy: () => status.isHealthy,
  });
  const counting = meter.counting(log);
  const status = new ProgramStatus(counting);
  const probe = (isGood: () => boolean) => async (): Promise<Page> => ({
    statusCode: isGood() ? 200 : 503,
    contentType: "application/json; charset=utf-8",
    body: `${JSON.stringify({ program, ...status.standing, ...(bundle === "" ? {} : { bundle }) })}\n`,
  });
  const server = await serveStatus(
    place,
    {
      "/healthz": probe(() => status.isHealthy),
      "/readyz": probe(() => status.isReady),
      "/metrics": async () => {
        const { contentType, text } = await meter.expose();
        return { statusCode: 200, contentType, body: text };
      },
    },
    counting,
  );
  counting.info({ url: server.url }, "answering /healthz, /readyz and /metrics");
  const report = createReporter(counting, reports, meter);
  return { log: counting, status, report, url: server.url, close: () => server.close() };
}

/** Sha256 of the file that runs, hexadecimal, as its object on Cloud Storage is named; empty for a source. */
function sha256OfBundle(file: string | undefined): string {
  if (file === undefined || !file.endsWith(".cjs")) return "";
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
