import { KAFKA_CLIENTS, type KafkaClient } from "../kafka/access";
import { RhythmicError } from "../support/errors";
import type { KeeperSettings } from "./settings";

/** What the keeper is started for. */
export type KeeperTask =
  | { readonly kind: "keep" | "prepare" }
  | { readonly kind: "rotate" | "retire"; readonly client: KafkaClient };

/** @throws RhythmicError bad_usage: more than one thing at a time */
export function taskOf(settings: KeeperSettings): KeeperTask {
  const { KEEPER_PREPARE: prepare, KEEPER_ROTATE: rotate, KEEPER_RETIRE: retire } = settings;
  const asked = [
    ...(prepare ? ["--prepare"] : []),
    ...(rotate === undefined ? [] : ["--rotate"]),
    ...(retire === undefined ? [] : ["--retire"]),
  ];
  if (asked.length > 1) {
    throw new RhythmicError(
      "bad_usage",
      `${asked.join(" and ")} can't be done at once; give one of --prepare, --rotate and --retire.`,
    );
  }
  if (rotate !== undefined) return { kind: "rotate", client: clientNamed(rotate) };
  if (retire !== undefined) return { kind: "retire", client: clientNamed(retire) };
  return { kind: prepare ? "prepare" : "keep" };
}

/** The settings' pattern lets no other name pass. */
function clientNamed(name: string): KafkaClient {
  const client = KAFKA_CLIENTS.find((known) => known === name);
  if (client === undefined) throw new RhythmicError("internal", `Kafka has no client ${name}.`);
  return client;
}
