import type { Environment } from "../environment-record";
import { DEPLOYED_PROGRAMS, type DeployedProgram } from "../synthesis/synthesized";
import { disksUsed, machinesUp } from "./platform-metrics";
import { eitherOf, type PromQl, promql } from "./promql";
import { Queries, sumOrZero } from "./signals";

/** One alert; docs/runbooks/<id>.md says what it means and what to do. */
export interface Alert {
  readonly id: string;
  /** As the notification's subject says it, after the name of the deployment. */
  readonly title: string;
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  /** PromQL: every series that it gives is an incident. */
  readonly query: PromQl;
  /** How long it must hold, seconds. */
  readonly forSeconds: number;
}

/** Longer than what the programs leave between two reports (a minute), with room for a line that comes late. */
const WINDOW_MINUTES = 5;
const WINDOW = `${WINDOW_MINUTES}m`;
/** The keeper looks every ten minutes: two looks, with room for one that comes late. */
const KEEPER_WINDOW = "25m";
/** Kafka's certificate is made anew when 30 days are left: by then that has failed for more than a week. */
const CERTIFICATE_DAYS_MIN = 21;

/** Everything that somebody is told about. */
export function alertsOf(environment: Environment): readonly Alert[] {
  const queries = new Queries(environment);
  const { lagRecordsMax, diskUsedMaxPercent, commitAgeMaxMinutes, loadAgeMaxMinutes } = environment.alerts;
  return [
    {
      id: "stalled-commit",
      title: "records wait, and no commit to the lake",
      severity: "CRITICAL",
      query: stalledCommit(queries),
      forSeconds: beyondWindow(commitAgeMaxMinutes),
    },
    {
      id: "growing-lag",
      title: `more than ${lagRecordsMax} records wait in Kafka`,
      severity: "ERROR",
      query: promql`sum(${queries.level("processor", "waiting", "records", WINDOW)}) > ${lagRecordsMax}`,
      forSeconds: minutes(10),
    },
    {
      id: "dead-letters",
      title: "records were no events",
      severity: "WARNING",
      query: promql`sum by (topic) (${queries.total("processor", "committed", "deadLetters", "1h")}) > 0`,
      forSeconds: 0,
    },
    {
      id: "load-too-old",
      title: "the warehouse lags behind the lake",
      severity: "ERROR",
      query: promql`${sumOrZero(queries.lines("loader", "upToDate", "loadAgeSeconds", WINDOW))} == 0`,
      forSeconds: beyondWindow(loadAgeMaxMinutes),
    },
    {
      id: "machine-missing",
      title: "a machine is missing",
      severity: "CRITICAL",
      query: missingMachines(environment),
      // A roll, and a restart of Kafka's machine, are over by then.
      forSeconds: minutes(10),
    },
    {
      id: "disk-filling",
      title: `a disk is more than ${diskUsedMaxPercent} % full`,
      severity: "ERROR",
      query: promql`${disksUsed(environment)} > ${diskUsedMaxPercent}`,
      forSeconds: minutes(10),
    },
    {
      id: "certificate-ends",
      title: `a certificate of Kafka's ends within ${CERTIFICATE_DAYS_MIN} days`,
      severity: "ERROR",
      query: promql`${certificateDays(queries)} < ${CERTIFICATE_DAYS_MIN}`,
      forSeconds: minutes(10),
    },
    {
      id: "kafka-not-kept",
      title: "nobody keeps Kafka as it is declared",
      severity: "ERROR",
      query: promql`${sumOrZero(queries.lines("keeper", "looked", "topics", KEEPER_WINDOW))} == 0`,
      forSeconds: minutes(10),
    },
    {
      id: "program-errors",
      title: "a program reports errors",
      severity: "WARNING",
      query: promql`sum by (program) (${queries.errors("15m")}) > 0`,
      forSeconds: 0,
    },
  ];
}

function minutes(count: number): number {
  return count * 60;
}

/** The rest of a time whose first minutes are the window that a query looks back. */
function beyondWindow(count: number): number {
  return minutes(Math.max(0, count - WINDOW_MINUTES));
}

/** How many days each certificate on Kafka's machine still holds. */
export function certificateDays(queries: Queries): PromQl {
  return promql`min by (certificate) (${queries.level("keeper", "certificate", "daysLeft", KEEPER_WINDOW)})`;
}

/** Topics of which records wait without any commit; and the silence of all processors, who alone could tell. */
function stalledCommit(queries: Queries): PromQl {
  const waiting = promql`sum by (topic) (${queries.level("processor", "waiting", "records", WINDOW)}) > 0`;
  const commits = promql`sum by (topic) (${queries.lines("processor", "committed", "rows", WINDOW)}) > 0`;
  const silence = promql`${sumOrZero(queries.lines("processor", "waiting", "records", WINDOW))} == 0`;
  return promql`((${waiting}) unless on (topic) (${commits})) or (${silence})`;
}

/** The groups with fewer machines than declared, each under its program's name. */
function missingMachines(environment: Environment): PromQl {
  const missing = [...machineCounts(environment)].map(([program, count]) => {
    const up = promql`(${machinesUp(environment, program)} or vector(0))`;
    return promql`label_replace(${up} < ${count}, "program", ${`"${program}"`}, "", "")`;
  });
  return eitherOf(missing);
}

/** How many machines there are of each kind. */
export function machineCounts(environment: Environment): ReadonlyMap<DeployedProgram | "kafka", number> {
  const counts = DEPLOYED_PROGRAMS.map(
    (program) => [program, program === "processor" ? environment.processor.count : 1] as const,
  );
  return new Map<DeployedProgram | "kafka", number>([["kafka", 1], ...counts]);
}
