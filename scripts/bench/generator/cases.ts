/** One measurement; what the measuring process is told. */
export interface Case {
  /** Where the events go; `producer alone`: to Kafka too, but made beforehand, so that nothing of ours is measured. */
  readonly to: "nowhere" | "files" | "Kafka" | "Kafka, producer alone";
  readonly users: number;
  readonly lines: number;
  /** host:port of Kafka, where the events go there. */
  readonly brokers?: string;
}

/** One measurement, in a process of its own so that its memory is its own. */
export interface Figures {
  readonly to: Case["to"];
  readonly users: number;
  readonly lines: number;
  readonly linesPerSecond: number;
  /** The same by the processor time of the whole process: what neighbours on the machine slow down less. */
  readonly linesPerCpuSecond: number;
  readonly megabytesPerSecond: number;
  /** Highest resident memory of the process, megabytes. */
  readonly peakRssMb: number;
}

const USERS = 30_000;
const MANY_USERS = 300_000;
const KAFKA_LINES = 500_000;
const MILLION = 1_000_000;

/** @param long the hundred million events too */
export function localCases(long: boolean): readonly Case[] {
  return [
    { to: "nowhere", users: USERS, lines: MILLION },
    { to: "nowhere", users: USERS, lines: 10 * MILLION },
    ...(long ? [{ to: "nowhere", users: USERS, lines: 100 * MILLION } as const] : []),
    // Ten times as many users need a tenth of the simulated time for as many lines, so that their beginning counts more.
    { to: "nowhere", users: MANY_USERS, lines: 20 * MILLION },
    { to: "files", users: USERS, lines: 5 * MILLION },
  ];
}

export function kafkaCases(brokers: string): readonly Case[] {
  return [
    { to: "Kafka", users: USERS, lines: KAFKA_LINES, brokers },
    { to: "Kafka, producer alone", users: USERS, lines: KAFKA_LINES, brokers },
  ];
}
