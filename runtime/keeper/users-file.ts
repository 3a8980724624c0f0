import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { KAFKA_CLIENTS, type KafkaClient, USER_SLOTS, type UserSlot } from "../kafka/access";
import { RhythmicError } from "../support/errors";
import { readIfThere, replaceFile, SECRET_MODE } from "./files";

/**
 * KEEPER_FOLDER/users.json: which of a program's two users is whose. It holds no passwords.
 *
 *   {"format": 1, "clients": {"generator": {
 *     "current":  {"slot": "b", "version": "2", "authority": "AB:CD:.."},
 *     "previous": {"slot": "a", "version": "1", "authority": "AB:CD:.."},
 *     "intent":   {"slot": "b", "newestBefore": "1", "at": "2026-01-01T00:00:00.000Z"}}}}
 */

const slot = Type.Union(USER_SLOTS.map((name) => Type.Literal(name)));
const user = Type.Object({ slot, version: Type.String(), authority: Type.String() });
const clientUsers = Type.Object({
  current: Type.Optional(user),
  previous: Type.Optional(user),
  intent: Type.Optional(
    Type.Object({ slot, newestBefore: Type.Union([Type.String(), Type.Null()]), at: Type.String() }),
  ),
});
const stateSchema = Type.Object({
  format: Type.Literal(1),
  clients: Type.Partial(Type.Object(Object.fromEntries(KAFKA_CLIENTS.map((client) => [client, clientUsers])))),
});

/** A user that programs may have. */
export interface KnownUser {
  readonly slot: UserSlot;
  /** The version of the secret that holds its password, by the last part of its name: a folder may be moved. */
  readonly version: string;
  /** Fingerprint of the authority that this version names: no program trusts Kafka by another's. */
  readonly authority: string;
}

/** Written down before a user gets a password, so that a crash in between is seen. */
export interface Intent {
  readonly slot: UserSlot;
  /** The secret's newest version at that time: a newer one shows that the password has been handed out. */
  readonly newestBefore: string | null;
  /** ISO 8601. */
  readonly at: string;
}

export interface ClientUsers {
  /** Whom programs get when they start. */
  readonly current?: KnownUser | undefined;
  /** From before the last rotation; programs that have not been rolled may still use it. */
  readonly previous?: KnownUser | undefined;
  readonly intent?: Intent | undefined;
}

/** The state of all programs' users, on disk. */
export class UsersFile {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, "users.json");
  }

  get path(): string {
    return this.#path;
  }

  /** @returns nothing of a program that has no users yet. @throws RhythmicError bad_configuration: damaged */
  async read(client: KafkaClient): Promise<ClientUsers> {
    return (await this.#all())[client] ?? {};
  }

  /** @throws RhythmicError bad_configuration */
  async write(client: KafkaClient, users: ClientUsers): Promise<void> {
    const state = { format: 1, clients: { ...(await this.#all()), [client]: users } };
    await replaceFile(this.#path, `${JSON.stringify(state, null, 2)}\n`, SECRET_MODE);
  }

  async #all(): Promise<Partial<Record<KafkaClient, ClientUsers>>> {
    const text = await readIfThere(this.#path);
    if (text === undefined) return {};
    let state: unknown;
    try {
      state = JSON.parse(text);
    } catch {
      state = undefined;
    }
    if (Value.Check(stateSchema, state)) return state.clients as Partial<Record<KafkaClient, ClientUsers>>;
    throw new RhythmicError(
      "bad_configuration",
      `${this.#path} is damaged, and without it nobody knows which users the programs have; put it back from a snapshot of the disk. Programs that run go on meanwhile.`,
    );
  }
}
