import type { EventSink } from "../kafka/event-sink";
import type { Reporter } from "../support/reporting";
import type { GeneratorReports } from "./metrics";

const INTERVAL_MS = 60_000;

/**
 * Reports once a minute what the sink's destination has acknowledged since the report before.
 * @returns ends it, with a last report
 */
export function reportDeliveries(sink: Pick<EventSink, "counts">, report: Reporter<GeneratorReports>): () => void {
  let reported = 0;
  const say = () => {
    const records = sink.counts.acknowledged - reported;
    reported += records;
    report("delivered", { records });
  };
  const timer = setInterval(say, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    say();
  };
}
