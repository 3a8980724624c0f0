import { setTimeout as sleep } from "node:timers/promises";
import { RhythmicError } from "../support/errors";
import type { JobResult, StartAnswer } from "../warehouse/warehouse";

/** How often one run of the loader tries a job that fails; the next run goes on counting. */
const ATTEMPTS_PER_RUN = 3;

/** A piece of work that the warehouse does once, whoever asks for it how often. */
export interface Work {
  /** Attempt n has the job id `<name>-<n>`. */
  readonly name: string;
}

/** How jobs of one kind are started and asked for; several at once. */
export interface JobKind<W extends Work, R extends JobResult> {
  start(works: readonly (W & { readonly id: string })[]): Promise<readonly StartAnswer[]>;
  results(works: readonly (W & { readonly id: string })[]): Promise<readonly R[]>;
}

/**
 * Gets work done: attempts count from 1 without holes; a job that exists is taken as it is; one that is running is
 * waited for, never superseded; only one that is over with an error earns the next attempt.
 * @param pollMs milliseconds between two looks at a job that is running
 * @returns the results with status `done`, in the order of the works
 * @throws RhythmicError load_failed where a work failed too often in this run
 */
export async function settle<W extends Work, R extends JobResult>(
  kind: JobKind<W, R>,
  works: readonly W[],
  pollMs: number,
): Promise<readonly Extract<R, { readonly status: "done" }>[]> {
  const done = new Map<W, Extract<R, { readonly status: "done" }>>();
  const failures = new Map<W, number>();
  let open = works.map((work) => ({ work, attempt: 1 }));
  while (open.length > 0) {
    const jobs = open.map(({ work, attempt }) => ({ ...work, id: `${work.name}-${attempt}` }));
    const answers = await kind.start(jobs);
    const results = await settledResults(kind, jobs, pollMs);
    const next: typeof open = [];
    for (const [index, { work, attempt }] of open.entries()) {
      const result = results[index];
      if (result?.status === "done") done.set(work, result as Extract<R, { readonly status: "done" }>);
      else {
        // A failure that an earlier run left behind is only stepped over.
        const failed = (failures.get(work) ?? 0) + (answers[index] === "started" ? 1 : 0);
        if (failed === ATTEMPTS_PER_RUN) throw failedTooOften(work, attempt, result);
        failures.set(work, failed);
        next.push({ work, attempt: attempt + 1 });
      }
    }
    open = next;
  }
  return works.flatMap((work) => done.get(work) ?? []);
}

async function settledResults<W extends Work, R extends JobResult>(
  kind: JobKind<W, R>,
  jobs: readonly (W & { readonly id: string })[],
  pollMs: number,
): Promise<readonly R[]> {
  for (;;) {
    const results = await kind.results(jobs);
    if (results.every((result) => result.status !== "running")) return results;
    await sleep(pollMs);
  }
}

function failedTooOften(work: Work, attempt: number, result: JobResult | undefined): RhythmicError {
  const message = result?.status === "failed" ? result.message : "no result";
  return new RhythmicError(
    "load_failed",
    `The warehouse failed ${ATTEMPTS_PER_RUN} times at ${work.name} (now attempt ${attempt}): ${message}`,
  );
}
