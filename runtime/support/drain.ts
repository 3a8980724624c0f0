import type { RhythmicError } from "./errors";

/**
 * How long a program may take from the signal to its end, milliseconds. A preempted machine has 30 seconds
 * (cloud.google.com/compute/docs/instances/preemptible#preemption-process), of which the machine's unit leaves the
 * program 25 (stop-program.sh); then it is killed.
 */
export const DRAIN_MAX_MS = 24_000;

/**
 * Waits for work that should end soon after `stop` is aborted, but never longer than the limit from then on. What is
 * left of the work goes on and is not listened to.
 * @throws what `late` gives where the time is over; else what the work throws
 */
export async function inTime<T>(
  work: Promise<T>,
  { stop, limitMs, late }: { readonly stop: AbortSignal; readonly limitMs: number; late(): RhythmicError },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let begin: () => void = () => undefined;
  const over = new Promise<never>((_, reject) => {
    begin = () => {
      timer = setTimeout(() => reject(late()), limitMs);
    };
  });
  if (stop.aborted) begin();
  else stop.addEventListener("abort", begin, { once: true });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", begin);
  }
}
