import type { Action } from "../lake/delta/actions";
import { type DataFile, SnapshotBuilder } from "../lake/delta/snapshot";
import { eventTablePath, hourOfPartition } from "../lake/lake-layout";
import type { Plan } from "../lake/load-plans";
import type { ObjectStore } from "../lake/object-store";
import { RhythmicError } from "../support/errors";

/** What changed in a lake since a plan: the substance of the next one. */
export type LakeChanges = Pick<Plan, "versions" | "hours" | "expired">;

/** An hour at a version of its table. */
interface HourFiles {
  readonly files: string[];
  rows: number;
}

/**
 * The tables of a lake as a loader follows them: the log is read once, then only what was added to it.
 * A table that does not exist yet is as good as an empty one.
 */
export class LakeFollower {
  private readonly tables: ReadonlyMap<string, FollowedTable>;

  constructor(store: ObjectStore, topics: readonly string[]) {
    this.tables = new Map(topics.map((topic) => [topic, new FollowedTable(store, topic)]));
  }

  /**
   * What changed since a plan, at the newest versions.
   * @param expiredBeforeMs hours that begin before this moment are counted, not loaded
   * @returns `undefined` where no table has a new version
   * @throws RhythmicError lake_corrupt, lake_mismatch
   */
  async changesSince(previous: Plan, expiredBeforeMs: number): Promise<LakeChanges | undefined> {
    const versions: Record<string, number> = { ...previous.versions };
    const hours: LakeChanges["hours"][number][] = [];
    const expired: LakeChanges["expired"][number][] = [];
    let advanced = false;
    for (const [topic, table] of this.tables) {
      const since = previous.versions[topic] ?? -1;
      const touched = await table.touchedHours(since);
      if (table.version === since) continue;
      advanced = true;
      versions[topic] = table.version;
      for (const [hourMs, { files, rows }] of table.filesOf(touched)) {
        const eventHour = new Date(hourMs).toISOString();
        if (hourMs < expiredBeforeMs) expired.push({ topic, eventHour, rows });
        else hours.push({ topic, eventHour, files, expectedRows: rows });
      }
    }
    return advanced ? { versions, hours, expired } : undefined;
  }
}

class FollowedTable {
  private readonly builder: SnapshotBuilder;
  private readonly tablePath: string;
  /** For every hour the version that changed its rows last. */
  private readonly changedAt = new Map<number, number>();

  constructor(
    private readonly store: ObjectStore,
    topic: string,
  ) {
    this.tablePath = eventTablePath(topic);
    this.builder = new SnapshotBuilder(this.tablePath, true);
  }

  get version(): number {
    return this.builder.version;
  }

  /** The hours whose rows changed after a version, oldest first. */
  async touchedHours(since: number): Promise<readonly number[]> {
    for (const { version, actions } of await this.builder.advance(this.store)) {
      for (const action of actions) {
        const hourMs = this.changedHour(action);
        if (hourMs !== undefined) this.changedAt.set(hourMs, version);
      }
    }
    if (this.version < since) {
      throw new RhythmicError(
        "lake_mismatch",
        `The table ${this.store.url}/${this.tablePath} stands at version ${this.version}, but the warehouse was loaded up to ${since}: the lake is an older copy, or another one. Give the lake that belongs to this warehouse, or load into a new warehouse.`,
      );
    }
    return [...this.changedAt]
      .filter(([, version]) => version > since)
      .map(([hourMs]) => hourMs)
      .toSorted((a, b) => a - b);
  }

  /** Every file of these hours at the table's version. */
  filesOf(hoursMs: readonly number[]): ReadonlyMap<number, HourFiles> {
    const hours = new Map<number, HourFiles>(hoursMs.map((ms) => [ms, { files: [], rows: 0 }]));
    if (hours.size === 0) return hours;
    for (const file of this.builder.current().files.values()) {
      const hour = hours.get(this.hourOf(file));
      if (hour === undefined) continue;
      hour.files.push(`${this.tablePath}/${file.path}`);
      hour.rows += file.rows;
    }
    for (const hour of hours.values()) hour.files.sort();
    return hours;
  }

  /** The hour whose rows an action changes; compaction (`dataChange: false`) moves rows and changes none. */
  private changedHour(action: Action): number | undefined {
    const change = "add" in action ? action.add : "remove" in action ? action.remove : undefined;
    if (change === undefined || !change.dataChange) return undefined;
    return this.hourOf({ path: decodeURIComponent(change.path), partitionValues: change.partitionValues });
  }

  /** `partitionValues` of a `remove` are optional (PROTOCOL.md, "Add File and Remove File"); its path has them too. */
  private hourOf(file: Pick<DataFile, "path"> & Partial<Pick<DataFile, "partitionValues">>): number {
    const [, date, hour] = /^date=([^/]+)\/hour=(\d+)\//.exec(file.path) ?? [];
    const values = file.partitionValues ?? (date === undefined ? {} : { date, hour: hour ?? "" });
    const hourMs = hourOfPartition(values);
    if (Number.isNaN(hourMs)) {
      throw new RhythmicError(
        "lake_corrupt",
        `The file ${this.store.url}/${this.tablePath}/${file.path} has no date and hour; the log names it as part of the table.`,
      );
    }
    return hourMs;
  }
}
