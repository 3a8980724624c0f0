import type { EventSink } from "../kafka/event-sink";
import type { Logger } from "../support/logging";
import { report } from "../support/reporting";
import { generatorReports } from "./metrics";

const INTERVAL_MS = 60_000;

/**
 * Reports once a minute what the sink's destination has acknowledged since the report before.
 * @returns ends it, with a last report
 */
export function reportDeliveries(sink: Pick<EventSink, "counts">, log: Logger): () => void {
  let reported = 0;
  const say = () => {
    const records = sink.counts.acknowledged - reported;
    reported += records;
    report(log, generatorReports.delivered, { records });
  };
  const timer = setInterval(say, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    say();
  };
}
