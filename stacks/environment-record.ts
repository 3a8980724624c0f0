/** What an environment is, as a type: `environments.ts` has the records. */

export const ENVIRONMENT_NAMES = ["dev", "prod"] as const;
export type EnvironmentName = (typeof ENVIRONMENT_NAMES)[number];

export interface MachineSize {
  /** Compute Engine's name, such as e2-small. */
  readonly type: string;
  readonly bootDiskGb: number;
}

/** What distinguishes one environment from another. */
export interface EnvironmentRecord {
  readonly name: EnvironmentName;
  readonly region: string;
  /** The zone of every machine; in the region. */
  readonly zone: string;
  /** May a `destroy` take the data with it? */
  readonly mayBeDestroyed: boolean;
  /** Are stores and disks encrypted with keys of our own, which can be rotated and withdrawn? */
  readonly customerManagedKeys: boolean;
  /** How often a key of our own gets a new version, days. */
  readonly keyRotationDays: number;
  /** A way out to the internet through Cloud NAT; nothing of the platform needs one. */
  readonly nat: boolean;
  /** Addresses of the one subnet, CIDR. */
  readonly subnetRange: string;
  /** Kafka's address in the subnet; kept when the machine is replaced. */
  readonly kafkaAddress: string;
  readonly kafka: MachineSize & { readonly dataDiskGb: number };
  readonly generator: MachineSize & { /** Records a second at most. */ readonly eventsPerSecondMax: number };
  readonly processor: MachineSize & { readonly count: number };
  readonly loader: MachineSize;
  /**
   * Longest time between two commits of a processor, seconds. Each makes new files and has the loader replace the hours
   * that it touched: a short one is a little fresher, and much dearer (docs/gcp_optimization.md).
   */
  readonly commitIntervalSeconds: number;
  /** How far an event's time may lie before its Kafka timestamp, days; older events are dead letters. */
  readonly eventAgeMaxDays: number;
  /** After how many days the staging tables drop an hour; never shorter than what is accepted as late. */
  readonly stagingRetentionDays: number;
  /** How long Cloud Storage keeps what was deleted, days. */
  readonly softDeleteDays: number;
  /** When the lake's data files move to cheaper storage, days after they were written. */
  readonly coldAfterDays: number;
  /** How long the snapshots of Kafka's disk are kept, days. */
  readonly snapshotRetentionDays: number;
  /** How long the logs of who read and wrote the lake are kept, days. */
  readonly accessLogsKeptDays: number;
  /** Where the alerts begin. */
  readonly alerts: {
    /** Longest time without a commit to the lake while records wait, minutes. */
    readonly commitAgeMaxMinutes: number;
    /** Most records that may wait in Kafka. */
    readonly lagRecordsMax: number;
    /** Longest time since the warehouse was up to date with the lake, minutes. */
    readonly loadAgeMaxMinutes: number;
    /** How full Kafka's disk may be, percent. */
    readonly diskUsedMaxPercent: number;
  };
  /** What the budget warns about, US dollars a month. */
  readonly budgetUsdPerMonth: number;
  /** What the costs are reckoned with. */
  readonly expected: { readonly eventsPerDay: number };
}

export const STATE_PLACES = ["cloud", "local"] as const;

export interface Environment extends EnvironmentRecord {
  /** Id of the Google Cloud project. */
  readonly project: string;
  /** Where Terraform keeps its state: a bucket, or files beside cdktf.json. */
  readonly state: (typeof STATE_PLACES)[number];
  /** Who is told when an alert fires; nobody where it is `undefined`. */
  readonly alertEmail: string | undefined;
}
