import { createTopics } from "../../runtime/kafka/kafkajs-admin";
import type { TopicDeclaration } from "../../runtime/kafka/topics";
import { RhythmicError } from "../../runtime/support/errors";
import { ensureClassData, findClassData } from "./class-data";
import { ensureJars, type Jars } from "./jars";
import { type Java, requireJava } from "./java";
import { type Launched, launch } from "./launch";
import { type BrokerSecurity, isSecureFolder, secureBroker } from "./secure";

/** A running Kafka of one node. */
export interface Broker extends Launched {
  /** What clients of a secure broker need; `undefined`: they need nothing. */
  readonly secure: BrokerSecurity | undefined;
}

export interface BrokerOptions {
  /** Data, configuration and log. Made where it is missing; where a broker has been there, it goes on. */
  readonly dir: string;
  /** @default a free one */
  readonly port?: number;
  /** Told what takes long: the download, the archive. @default nobody is told */
  readonly log?: (line: string) => void;
  /** Made where they are missing. @default none */
  readonly topics?: readonly TopicDeclaration[];
  /** TLS, a user a program, and what each may do, as on Kafka's machine. @default false */
  readonly secure?: boolean;
}

export interface KafkaFiles {
  readonly java: Java;
  readonly jars: Jars;
}

/**
 * What Kafka needs before it can start here: Java, its jars, its class-data archive. Downloads once; later runs need
 * neither the network nor Maven.
 * @throws RhythmicError missing_tool, download_failed
 */
export async function ensureKafka(options: { readonly log?: (line: string) => void } = {}): Promise<KafkaFiles> {
  const log = options.log ?? (() => undefined);
  const java = await requireJava();
  const jars = await ensureJars(log);
  await ensureClassData(java, jars, log);
  return { java, jars };
}

/**
 * Starts Apache Kafka itself, as one node in KRaft mode, on the loopback address, and waits until it answers. It ends
 * with this process, also where this process is killed.
 * @throws RhythmicError missing_tool, download_failed, broker_failed, bad_usage (the port is in use, or a secure
 *   broker's folder is to be used without security)
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { java, jars } = await ensureKafka({ log: options.log });
  const archive = await findClassData(java, jars);
  // An archive that does not fit is ignored; what the JVM says about it would only fill Kafka's log.
  const jvmOptions = archive === undefined ? [] : [`-XX:SharedArchiveFile=${archive}`, "-Xlog:cds=off,cds+dynamic=off"];
  const { dir, port, secure = false } = options;
  if (!secure && isSecureFolder(dir)) {
    const problem = `The Kafka in ${dir} is a secure one, with users and permissions; start it with --secure, or give another folder.`;
    throw new RhythmicError("bad_usage", problem);
  }
  const broker = await launch({ dir, port, java, jars, jvmOptions, secure });
  try {
    if (secure) return { ...broker, secure: await secureBroker(dir, broker, options.topics ?? []) };
    if (options.topics !== undefined) await createTopics([broker.brokers], options.topics);
    return { ...broker, secure: undefined };
  } catch (error) {
    await broker.stop();
    throw error;
  }
}
