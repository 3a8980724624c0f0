import { KAFKA_CLIENTS } from "../kafka/access";
import { boolean, integer, list, optional, type SettingsOf, text, withDefault } from "../support/settings";
import { statusAddress, statusPort } from "../support/status/settings";

const CLIENTS = KAFKA_CLIENTS.join("|");

/** Settings of the keeper: the program beside Kafka, on its machine. */
export const keeperSettings = {
  KEEPER_FOLDER: text({
    description:
      "Folder on Kafka's data disk for the authority's key and for who has which user; only the keeper reads it.",
    allowed: "the path of a folder (made where missing)",
  }),
  KEEPER_TLS_FOLDER: text({
    description: "Folder with what Kafka reads: broker.pem and controller.pem (key and certificate each), and ca.pem.",
    allowed: "the path of a folder (made where missing)",
  }),
  KEEPER_HOSTS: list({
    description: "Names and addresses by which programs reach Kafka; its certificate is for them.",
    allowed: "names and addresses with commas between them, such as kafka.rhythmic-dev.internal,10.20.0.10",
    pattern: "^[A-Za-z0-9.:-]+$",
  }),
  KEEPER_BROKER: text({
    description: "Kafka's listener for its administration, which asks for a certificate of the authority.",
    allowed: "host:port, such as 127.0.0.1:9094",
    pattern: "^[A-Za-z0-9.-]+:[0-9]{1,5}$",
  }),
  KEEPER_SECRETS: text({
    description: "Where the programs find their users: the program's name is put behind it.",
    allowed: "projects/PROJECT/secrets/PREFIX in Secret Manager, or the path of a folder with a slash at its end",
    pattern: "^(projects/[^/]+/secrets/[^/]+|.*/)$",
  }),
  KEEPER_PREPARE: withDefault(
    boolean({ description: "Makes what Kafka needs before it can start (authority, certificates), and ends." }),
    false,
  ),
  KEEPER_ROTATE: optional(
    text({
      description: "Gives this program's idle user a new password, adds it to the secret, and ends.",
      pattern: `^(${CLIENTS})$`,
      allowed: `one of ${KAFKA_CLIENTS.join(", ")}`,
    }),
  ),
  KEEPER_RETIRE: optional(
    text({
      description:
        "Shuts out this program's user from before the last rotation, once the program has been rolled, and ends.",
      pattern: `^(${CLIENTS})$`,
      allowed: `one of ${KAFKA_CLIENTS.join(", ")}`,
    }),
  ),
  KEEPER_CERTIFICATE_DAYS: withDefault(
    integer({
      description: "How long Kafka's certificate is valid, days; it is renewed when a third of that is left.",
      minimum: 1,
      maximum: 398,
    }),
    90,
  ),
  KEEPER_INTERVAL_MS: withDefault(
    integer({
      description: "Milliseconds between two looks at topics, users, permissions and certificates.",
      minimum: 1_000,
      maximum: 86_400_000,
    }),
    600_000,
  ),
  STATUS_ADDRESS: statusAddress,
  STATUS_PORT: statusPort,
};

export type KeeperSettings = SettingsOf<typeof keeperSettings>;
