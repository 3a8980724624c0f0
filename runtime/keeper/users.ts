import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type KafkaClient, kafkaUserOf, USER_SLOTS, type UserSlot } from "../kafka/access";
import type { KafkaAdministration } from "../kafka/administration";
import type { SecretStore } from "../secrets/secret-store";
import { messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { Lease } from "./lease";
import type { ClientUsers, UsersFile } from "./users-file";

/**
 * The programs' users and their passwords. Each program has two users. A rotation gives the idle one a new password,
 * in this order, each step before the next:
 *
 *   1. users.json   the intent: which user, and the secret's newest version until now
 *   2. Kafka        the new password
 *   3. the secret   a new version, which programs get from now on
 *   4. users.json   this user is the current one, the other the previous one
 *
 * A crash after 1 or 2 leaves a user whose password nobody has: it gets another one. A crash after 3 shows as a version
 * that is newer than the one in the intent: only 4 is missing. The other user is not touched before somebody says that
 * the program has been rolled, so that there is always one that works.
 */

export interface UsersOptions {
  readonly kafka: KafkaAdministration;
  readonly file: UsersFile;
  readonly lease: Lease;
  readonly secretOf: (client: KafkaClient) => SecretStore;
  /** The certificate of Kafka's authority, PEM: what programs trust Kafka by. */
  readonly ca: string;
  /** Names the authority in users.json. */
  readonly authority: string;
  readonly log: Logger;
  /**
   * How long after an intent a version may still arrive that a crashed keeper had asked for: Google's own deadline for
   * a request is a minute.
   * @default 60_000
   */
  readonly settleMs?: number;
}

/** 256 bits, which nobody guesses however fast Kafka's hash is. */
const PASSWORD_BYTES = 32;
const SETTLE_MS = 60_000;

export class Users {
  constructor(private readonly options: UsersOptions) {}

  /**
   * Sees to it that a program has a user that works, and that its secret holds it.
   * @returns was something changed?
   * @throws RhythmicError bad_configuration: users.json is damaged or lost; broker_unreachable, secret_unusable
   */
  async ensure(client: KafkaClient): Promise<boolean> {
    const { file, kafka, authority, log } = this.options;
    const users = await file.read(client);
    const inKafka = await kafka.users(usersOf(client));
    if (users.intent !== undefined) {
      await this.#finish(client, users);
      return true;
    }
    if (users.current === undefined) {
      await this.#give(client, this.#firstSlot(client, inKafka), users);
      return true;
    }
    const { slot, version } = users.current;
    const user = kafkaUserOf(client, slot);
    if (users.current.authority !== authority) {
      log.warn({ client, user }, "every program gets a new password, since there is a new authority; roll them all");
      // Nobody can use what was made for another authority, so there is nothing to keep.
      await this.#give(client, slot, {});
      await kafka.removeUser(kafkaUserOf(client, otherSlot(slot)));
      return true;
    }
    if (!inKafka.has(user)) {
      log.warn({ client, user }, "Kafka does not know the user any more: it gets a new password; roll its program");
      await this.#give(client, slot, users);
      return true;
    }
    const newest = await this.#newest(client);
    if (newest === version) return false;
    // A list may be late, and then it does not show the version yet; whoever asks by its number is told.
    if (!isNewer(newest, version) && (await this.options.secretOf(client).isEnabled(version))) return false;
    await this.#replaceLost(client, users, newest);
    return true;
  }

  /**
   * Gives the idle user of a program a new password; programs get it from their next start on.
   * @returns the user
   * @throws RhythmicError bad_usage: there is nothing to rotate yet, or the last rotation has not been ended
   */
  async rotate(client: KafkaClient): Promise<string> {
    let users = await this.options.file.read(client);
    const begun = users.intent !== undefined && users.current !== undefined;
    if (users.intent !== undefined) users = await this.#finish(client, users);
    // What an earlier call has begun, this one has ended.
    if (begun && users.current !== undefined) return kafkaUserOf(client, users.current.slot);
    if (users.current === undefined) {
      throw new RhythmicError(
        "bad_usage",
        `--rotate ${client}: the program has no user yet; the keeper that runs all the time makes the first.`,
      );
    }
    if (users.previous !== undefined) {
      throw new RhythmicError(
        "bad_usage",
        `--rotate ${client}: the last rotation is not ended, and programs may still use ${kafkaUserOf(client, users.previous.slot)}; roll the program, then --retire ${client}, then rotate again.`,
      );
    }
    await this.#give(client, otherSlot(users.current.slot), users);
    return kafkaUserOf(client, otherSlot(users.current.slot));
  }

  /**
   * Shuts out the user from before the last rotation, and disables its versions of the secret.
   * @returns the user that is shut out
   * @throws RhythmicError bad_usage: there is none, or the rotation did not end
   */
  async retire(client: KafkaClient): Promise<string> {
    const { file, kafka, lease, log } = this.options;
    const users = await file.read(client);
    const { current, previous } = users;
    if (users.intent !== undefined) {
      throw new RhythmicError(
        "bad_usage",
        `--retire ${client}: the rotation that was begun at ${users.intent.at} did not end; --rotate ${client} ends it, then roll the program, then retire.`,
      );
    }
    if (current === undefined || previous === undefined) {
      throw new RhythmicError(
        "bad_usage",
        `--retire ${client}: there is no user from before a rotation; --rotate ${client} comes first, then a roll of the program.`,
      );
    }
    const secret = this.options.secretOf(client);
    if (!(await secret.isEnabled(current.version))) {
      throw new RhythmicError(
        "bad_usage",
        `--retire ${client}: version ${current.version} of ${secret.url}, which programs are to use from now on, is not enabled; enable it first, or no program could start.`,
      );
    }
    const user = kafkaUserOf(client, previous.slot);
    await lease.check();
    await kafka.removeUser(user);
    const older = (await secret.enabled()).filter((name) => isNewer(current.version, versionOf(name)));
    for (const version of older) await secret.disable(version);
    await this.#write(client, { current });
    log.info({ client, user, disabled: older.length }, "a user from before the rotation is shut out");
    return user;
  }

  /** The newest version of a program's secret that is enabled. */
  async #newest(client: KafkaClient): Promise<string | undefined> {
    const [name] = await this.options.secretOf(client).enabled();
    return name === undefined ? undefined : versionOf(name);
  }

  /** The slot of a program's first user. @throws RhythmicError bad_configuration */
  #firstSlot(client: KafkaClient, inKafka: ReadonlySet<string>): UserSlot {
    const free = USER_SLOTS.find((slot) => !inKafka.has(kafkaUserOf(client, slot)));
    if (free !== undefined) return free;
    const names = usersOf(client).join(" and ");
    throw new RhythmicError(
      "bad_configuration",
      `Kafka has the users ${names}, but ${this.options.file.path} does not say which of them is in use; put the file back from a snapshot of the disk, or delete one that no program uses (kafka-configs.sh --alter --entity-type users --delete-config SCRAM-SHA-512).`,
    );
  }

  /** The secret's newest version is not the one that programs were to get: somebody, or an older disk, was there. */
  async #replaceLost(client: KafkaClient, users: ClientUsers, newest: string | undefined): Promise<void> {
    const { current, previous } = users;
    if (current === undefined) return;
    const what =
      newest !== undefined && isNewer(newest, current.version)
        ? `its newest version is ${newest}, which this keeper does not know`
        : "that version is not enabled";
    if (previous !== undefined) {
      throw new RhythmicError(
        "secret_unusable",
        `${this.options.secretOf(client).url} should give version ${current.version}, but ${what}; enable that version and disable newer ones, or --retire ${client}, after which the keeper makes a new one.`,
      );
    }
    this.options.log.warn({ client, expected: current.version }, `a new version of the secret is made, since ${what}`);
    await this.#give(client, otherSlot(current.slot), users);
  }

  /** Ends what a crash, or a failure, has left in the middle. */
  async #finish(client: KafkaClient, users: ClientUsers): Promise<ClientUsers> {
    const { intent } = users;
    if (intent === undefined) return users;
    const { settleMs = SETTLE_MS } = this.options;
    // Never longer, though the clock was set back since.
    const settlesInMs = Math.min(settleMs, Date.parse(intent.at) + settleMs - Date.now());
    // A first user keeps nobody out while it is made; a rotation must not overtake a version that is on its way.
    if (users.current !== undefined) await sleep(Math.max(0, settlesInMs));
    const newest = await this.#newest(client);
    if (
      isNewer(newest, intent.newestBefore) &&
      (await this.options.kafka.users(usersOf(client))).has(kafkaUserOf(client, intent.slot))
    ) {
      return this.#settle(client, users, intent.slot, newest);
    }
    return this.#give(client, intent.slot, users);
  }

  /** Steps 1 to 4. */
  async #give(client: KafkaClient, slot: UserSlot, users: ClientUsers): Promise<ClientUsers> {
    const { kafka, lease, ca, log } = this.options;
    const secret = this.options.secretOf(client);
    const known = [await this.#newest(client), users.current?.version, users.previous?.version];
    // The list may be late: a version that is known must not be taken for the one that is about to be added.
    const newestBefore = known.reduce((newest, one) => (isNewer(one, newest) ? one : newest)) ?? null;
    if (users.current === undefined && users.intent === undefined && newestBefore !== null) {
      log.warn(
        { client, newest: newestBefore },
        "the secret has versions of an earlier Kafka, or an earlier user; a new one is added and becomes the latest",
      );
    }
    const intended = { ...users, intent: { slot, newestBefore, at: new Date().toISOString() } };
    await this.#write(client, intended);
    const username = kafkaUserOf(client, slot);
    const password = randomBytes(PASSWORD_BYTES).toString("base64url");
    await lease.check();
    await kafka.setUser(username, password);
    const version = versionOf(await addSurely(secret, JSON.stringify({ username, password, ca }), lease));
    log.info({ client, user: username, version }, "a user has a new password");
    return this.#settle(client, intended, slot, version);
  }

  /** Step 4. */
  async #settle(client: KafkaClient, users: ClientUsers, slot: UserSlot, version: string): Promise<ClientUsers> {
    const { authority } = this.options;
    // Where a user gets another password, the other one stays what it was.
    const previous = [users.current, users.previous].find((user) => user !== undefined && user.slot !== slot);
    return this.#write(client, {
      current: { slot, version, authority },
      ...(previous && { previous }),
    });
  }

  async #write(client: KafkaClient, users: ClientUsers): Promise<ClientUsers> {
    await this.options.lease.check();
    await this.options.file.write(client, users);
    return users;
  }
}

function usersOf(client: KafkaClient): string[] {
  return USER_SLOTS.map((slot) => kafkaUserOf(client, slot));
}

/** The last part of a version's name. */
function versionOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** Versions are numbered in the order in which they are added. Whatever there is is newer than nothing. */
function isNewer(version: string | undefined, than: string | undefined | null): version is string {
  return version !== undefined && (than == null || Number(version) > Number(than));
}

function otherSlot(slot: UserSlot): UserSlot {
  return slot === "a" ? "b" : "a";
}

const ADD_TRIES = 3;
const ADD_AGAIN_AFTER_MS = 1_000;

/** The same value again: a version that arrives twice holds the same password, and harms nobody. */
async function addSurely(secret: SecretStore, value: string, lease: Lease): Promise<string> {
  for (let tries = 1; ; tries++) {
    // Who has taken over has given the user another password: this one would shut out whoever reads it.
    await lease.check();
    try {
      return await secret.add(value);
    } catch (error) {
      if (tries >= ADD_TRIES || !(error instanceof RhythmicError) || !error.retryable) {
        throw error instanceof RhythmicError
          ? error
          : new RhythmicError("secret_unusable", `${secret.url} could not get a version: ${messageOf(error)}.`);
      }
      await sleep(ADD_AGAIN_AFTER_MS);
    }
  }
}
