import { pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { RhythmicError } from "../support/errors";
import { askKafka, type WireReader, type WireTarget, WireWriter } from "./wire";

/**
 * Kafka's users with a password (KIP-554). Kafka is told the password salted and hashed many times, never the password:
 *
 *   AlterUserScramCredentials v0      deletions [name, mechanism], upsertions [name, mechanism, iterations, salt, hash]
 *                                     -> throttle, results [user, error code, error message]
 *   DescribeUserScramCredentials v0   users [name] (null: all) -> throttle, error code, error message,
 *                                     results [user, error code, error message, credentials [mechanism, iterations]]
 */

const ALTER_USER_SCRAM_CREDENTIALS = 51;
const DESCRIBE_USER_SCRAM_CREDENTIALS = 50;
/** Of ScramMechanism in Kafka's protocol. */
const SCRAM_SHA_512 = 2;
/** The least that Kafka takes; more would only slow a login down, since our passwords have 256 random bits. */
const ITERATIONS = 4_096;
const SALT_BYTES = 32;
const HASH_BYTES = 64;
const RESOURCE_NOT_FOUND = 91;

const derive = promisify(pbkdf2);

/**
 * @param names `undefined`: of all users; who may not ask for them never gets an answer then (Kafka 4.3)
 * @returns those that have a password
 * @throws RhythmicError broker_refused; Error of the socket
 */
export async function scramUsers(target: WireTarget, names: readonly string[] | undefined): Promise<Set<string>> {
  const body = new WireWriter().array(names, (writer, name) => writer.text(name).tags()).tags();
  const answer = await askKafka(target, { apiKey: DESCRIBE_USER_SCRAM_CREDENTIALS, version: 0, body });
  answer.int32();
  refuse("the users could not be read", answer.int16(), answer.text());
  const users = answer.array((reader) => {
    const name = reader.text() ?? "";
    const code = reader.int16();
    reader.text();
    const mechanisms = reader.array((inner) => {
      const mechanism = inner.int8();
      inner.int32();
      inner.tags();
      return mechanism;
    });
    reader.tags();
    return code === 0 && mechanisms.includes(SCRAM_SHA_512) ? name : undefined;
  });
  return new Set(users.filter((name) => name !== undefined));
}

/** @throws RhythmicError broker_refused; Error of the socket */
export async function setScramUser(target: WireTarget, name: string, password: string): Promise<void> {
  const salt = randomBytes(SALT_BYTES);
  // SaltedPassword of RFC 5802, section 3; our passwords are ASCII, so that there is nothing to normalize.
  const hash = await derive(password, salt, ITERATIONS, HASH_BYTES, "sha512");
  const body = new WireWriter()
    .array([], () => undefined)
    .array([name], (writer, user) =>
      writer.text(user).int8(SCRAM_SHA_512).int32(ITERATIONS).bytes(salt).bytes(hash).tags(),
    )
    .tags();
  await alter(target, body, `the user ${name} could not get its password`, []);
}

/** @throws RhythmicError broker_refused; Error of the socket */
export async function removeScramUser(target: WireTarget, name: string): Promise<void> {
  const body = new WireWriter()
    .array([name], (writer, user) => writer.text(user).int8(SCRAM_SHA_512).tags())
    .array([], () => undefined)
    .tags();
  await alter(target, body, `the user ${name} could not be removed`, [RESOURCE_NOT_FOUND]);
}

async function alter(target: WireTarget, body: WireWriter, what: string, allowed: readonly number[]): Promise<void> {
  const answer = await askKafka(target, { apiKey: ALTER_USER_SCRAM_CREDENTIALS, version: 0, body });
  answer.int32();
  answer.array((reader: WireReader) => {
    reader.text();
    const code = reader.int16();
    const message = reader.text();
    reader.tags();
    if (!allowed.includes(code)) refuse(what, code, message);
  });
}

function refuse(what: string, code: number, message: string | null): void {
  if (code === 0) return;
  throw new RhythmicError("broker_refused", `${what}: Kafka answered error ${code}${message ? `, ${message}` : ""}.`);
}
