import { setTimeout as sleep } from "node:timers/promises";
import { KAFKA_CLIENTS, type KafkaClient, PROCESSOR_GROUP } from "../kafka/access";
import type { KafkaAdministration } from "../kafka/administration";
import type { KafkaSecurity } from "../kafka/security";
import type { TopicDeclaration } from "../kafka/topics";
import type { SecretStore } from "../secrets/secret-store";
import { messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { Reporter } from "../support/reporting";
import type { Status } from "../support/status/status";
import { ensureAccess } from "./ensure-access";
import { ensureTopics } from "./ensure-topics";
import { ensureIdentity, type Identity, type IdentityOptions } from "./identity";
import { withLease } from "./lease";
import type { KeeperReports } from "./metrics";
import { Users } from "./users";
import { UsersFile } from "./users-file";

export interface KeeperOptions {
  readonly identity: Omit<IdentityOptions, "nowMs">;
  /** Opens a connection as the keeper; Kafka's listener for administration is known to who made this. */
  readonly open: (security: KafkaSecurity) => Promise<KafkaAdministration>;
  readonly secretOf: (client: KafkaClient) => SecretStore;
  readonly topics: readonly TopicDeclaration[];
  readonly log: Logger;
  readonly stop: AbortSignal;
  /** See `UsersOptions.settleMs`. @default a minute */
  readonly settleMs?: number | undefined;
}

export interface KeeperLoop {
  readonly intervalMs: number;
  /** Milliseconds between two questions whether Kafka is still there, between the looks. @default 15_000 */
  readonly pulseMs?: number;
  readonly report: Reporter<KeeperReports>;
  readonly status: Status;
}

/** What a look has changed. */
export interface Changes {
  readonly topics: number;
  readonly permissions: number;
  readonly users: number;
}

/** The listeners whose certificate Kafka takes while it runs; the controller's holds as long as the authority. */
const RENEWED_LISTENERS = ["CLIENTS", "ADMIN"];
const SHOWN_WITHIN_MS = 10_000;
const SHOWN_POLL_MS = 200;
/** A look takes seconds; one that is longer at it has lost its network. */
const LEASE_WAIT_MAX_MS = 120_000;
const PULSE_MS = 15_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** A look that is in the middle of a change may bring it to its end; the next one would mend it as well. */
const STOP_WITHIN_MS = 2_000;

/** Keeps Kafka as it is declared: certificates, topics, permissions, and the programs' users. */
export class Keeper {
  readonly #file: UsersFile;

  constructor(private readonly options: KeeperOptions) {
    this.#file = new UsersFile(options.identity.folder);
  }

  /** What Kafka needs before it can start. @throws RhythmicError bad_configuration */
  async prepare(): Promise<Identity> {
    const identity = await ensureIdentity({ ...this.options.identity, nowMs: Date.now() });
    const { log } = this.options;
    if (identity.isNewAuthority) log.info({ authority: identity.authority }, "Kafka's certificate authority is made");
    return identity;
  }

  /**
   * One look: everything is brought to what is declared, once.
   * @throws RhythmicError broker_unreachable where Kafka is not there (yet), bad_configuration, secret_unusable, ...
   */
  async look(report?: Reporter<KeeperReports>): Promise<Changes> {
    // Before Kafka is asked for: a certificate that has ended would keep us out.
    const identity = await this.prepare();
    return this.#withKafka(identity, async (kafka) => {
      await this.#showNewCertificate(kafka, identity);
      const { topics, log } = this.options;
      const problems: unknown[] = [];
      // One part that fails keeps none of the others from being as declared.
      const part = (work: Promise<number>) =>
        work.catch((error: unknown) => {
          problems.push(error);
          return 0;
        });
      const changes = {
        topics: await part(ensureTopics(kafka, topics, log)),
        permissions: await part(ensureAccess(kafka, log)),
        users: 0,
      };
      for (const client of KAFKA_CLIENTS) changes.users += await part(this.#ensureUser(kafka, identity, client));
      if (problems.length > 0) throw allOf(problems);
      if (report !== undefined) await this.#report(kafka, identity, report);
      return changes;
    });
  }

  /** Looks again and again until it is stopped. @throws RhythmicError bad_configuration: the authority can't be used */
  async run({ intervalMs, pulseMs = PULSE_MS, report, status }: KeeperLoop): Promise<void> {
    const { stop, log } = this.options;
    const stopped = new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
    // At once, and by its own words: without an authority there is nothing that could be kept.
    await this.prepare();
    let lastProblem: string | undefined;
    for (let failures = 0; !stop.aborted; ) {
      const looking = this.look(report).then(
        (changes) => {
          failures = 0;
          lastProblem = undefined;
          report("looked", { ...changes });
          status.ready();
        },
        (error: unknown) => {
          failures++;
          const problem = messageOf(error);
          status.notReady(problem);
          if (problem !== lastProblem && !stop.aborted) this.#tell(error, problem);
          lastProblem = problem;
        },
      );
      await Promise.race([looking, stopped.then(() => sleep(STOP_WITHIN_MS, undefined, { ref: false }))]);
      if (stop.aborted) break;
      const retryMs = Math.min(intervalMs, RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures);
      await Promise.race([stopped, failures === 0 ? this.#rest(intervalMs, pulseMs) : this.#sleep(retryMs)]);
    }
    log.info({}, "stopped; Kafka and the programs go on as they are");
  }

  /** Waits for the next look, which comes at once where Kafka is lost meanwhile: it says what there is to say. */
  async #rest(intervalMs: number, pulseMs: number): Promise<void> {
    const { stop } = this.options;
    for (let leftMs = intervalMs; leftMs > 0 && !stop.aborted; leftMs -= pulseMs) {
      await this.#sleep(Math.min(pulseMs, leftMs));
      if (stop.aborted || leftMs <= pulseMs) return;
      if (!(await this.#isThere())) return;
    }
  }

  async #isThere(): Promise<boolean> {
    try {
      await this.#withKafka(await this.prepare(), (kafka) => kafka.shownCertificate());
      return true;
    } catch {
      return false;
    }
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.options.stop }).catch(() => undefined);
  }

  /** @returns the user that programs get from now on. @throws RhythmicError bad_usage, ... */
  rotate(client: KafkaClient): Promise<string> {
    return this.#asUsers((users) => users.rotate(client));
  }

  /** @returns the user that is shut out. @throws RhythmicError bad_usage, ... */
  retire(client: KafkaClient): Promise<string> {
    return this.#asUsers((users) => users.retire(client));
  }

  async #asUsers<T>(work: (users: Users) => Promise<T>): Promise<T> {
    const identity = await this.prepare();
    return this.#withKafka(identity, (kafka) => this.#withUsers(kafka, identity, work));
  }

  async #ensureUser(kafka: KafkaAdministration, identity: Identity, client: KafkaClient): Promise<number> {
    return (await this.#withUsers(kafka, identity, (users) => users.ensure(client))) ? 1 : 0;
  }

  #withUsers<T>(kafka: KafkaAdministration, identity: Identity, work: (users: Users) => Promise<T>): Promise<T> {
    const { secretOf, log, stop, settleMs } = this.options;
    const { folder } = this.options.identity;
    return withLease({ folder, waitMaxMs: LEASE_WAIT_MAX_MS, stop }, (lease) =>
      work(
        new Users({
          kafka,
          file: this.#file,
          lease,
          secretOf,
          ca: identity.keeper.ca,
          authority: identity.authority,
          log,
          settleMs,
        }),
      ),
    );
  }

  async #withKafka<T>(identity: Identity, work: (kafka: KafkaAdministration) => Promise<T>): Promise<T> {
    const { ca, certificate, key } = identity.keeper;
    const kafka = await this.options.open({ ca, identity: { certificate, key } }).catch(withRemedy);
    try {
      return await work(kafka);
    } finally {
      await kafka.close();
    }
  }

  /** Also after a crash between writing a certificate and telling Kafka: what counts is what Kafka shows. */
  async #showNewCertificate(kafka: KafkaAdministration, identity: Identity): Promise<void> {
    if ((await kafka.shownCertificate()) === identity.broker) return;
    await kafka.reloadCertificates(RENEWED_LISTENERS);
    const deadlineMs = Date.now() + SHOWN_WITHIN_MS;
    while ((await kafka.shownCertificate()) !== identity.broker) {
      if (Date.now() > deadlineMs) {
        throw new RhythmicError(
          "broker_refused",
          `Kafka does not show its new certificate ${SHOWN_WITHIN_MS / 1000} s after it was told to; its log says why. A restart of Kafka takes it for certain.`,
        );
      }
      await sleep(SHOWN_POLL_MS);
    }
    this.options.log.info({}, "Kafka shows its new certificate; connections that are open go on");
  }

  async #report(kafka: KafkaAdministration, identity: Identity, report: Reporter<KeeperReports>): Promise<void> {
    for (const age of identity.ages) report("certificate", { ...age, daysLeft: Math.round(age.daysLeft * 10) / 10 });
    const lag = await kafka.lag(PROCESSOR_GROUP);
    for (const [topic, records] of lag) report("lag", { group: PROCESSOR_GROUP, topic, records });
  }

  /** Once for every new problem: while Kafka starts, the same one comes again and again. */
  #tell(error: unknown, problem: string): void {
    const { log } = this.options;
    if (error instanceof RhythmicError && error.code === "broker_unreachable") log.info({}, `waiting: ${problem}`);
    else if (error instanceof RhythmicError) log.error({ code: error.code }, problem);
    else log.error({ code: "internal", stack: error instanceof Error ? error.stack : undefined }, problem);
  }
}

/** A Kafka whose certificate has ended can't be told of a new one either: nobody may trust it any more. */
function withRemedy(error: unknown): never {
  if (!(error instanceof RhythmicError) || error.code !== "broker_out_of_date") throw error;
  const remedy = "A good certificate is in place, and Kafka takes it when it starts again: restart it.";
  throw new RhythmicError(error.code, `${error.message} ${remedy}`, { cause: error, context: error.context });
}

function allOf(problems: readonly unknown[]): unknown {
  const [first, ...others] = problems;
  if (others.length === 0) return first;
  const code = first instanceof RhythmicError ? first.code : "internal";
  return new RhythmicError(code, [...new Set(problems.map(messageOf))].join(" "), { cause: first });
}
