import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { RhythmicError } from "../../runtime/support/errors";

const run = promisify(execFile);

/** Brokers of Kafka 4 need Java 17 or newer (kafka.apache.org/documentation/#java). */
export const JAVA_MAJOR_MIN = 17;

export interface Java {
  /** What to execute. */
  readonly command: string;
  readonly major: number;
  /** Everything that `java -version` says: two runtimes that differ in anything differ here. */
  readonly description: string;
}

/** What to do where Kafka can't be run on this machine. */
export const WITHOUT_KAFKA = "or name a running Kafka in KAFKA_BROKERS (host:port)";

/** The first version in `openjdk version "17.0.15" 2025-04-15`; Java 8 and older call themselves 1.8. */
export function javaMajorOf(description: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(description);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * The Java of `JAVA_HOME`, else of `PATH`, whatever its age.
 * @returns `undefined` where there is none that runs (macOS has a `java` that only says how to get one)
 */
export async function findJava(): Promise<Java | undefined> {
  const home = process.env.JAVA_HOME;
  for (const command of [...(home ? [join(home, "bin", "java")] : []), "java"]) {
    try {
      const { stderr } = await run(command, ["-version"], { env: process.env });
      const major = javaMajorOf(stderr);
      if (major !== undefined) return { command, major, description: stderr };
    } catch {
      // Not there, or only a stub: the next one.
    }
  }
  return undefined;
}

/** @throws RhythmicError missing_tool: no Java, or one that is too old */
export async function requireJava(): Promise<Java> {
  const java = await findJava();
  if (java === undefined) {
    throw new RhythmicError(
      "missing_tool",
      `Kafka needs Java ${JAVA_MAJOR_MIN} or newer, and there is no java in JAVA_HOME or PATH; install a JDK (Debian: apt install openjdk-17-jdk-headless, macOS: brew install openjdk), ${WITHOUT_KAFKA}.`,
    );
  }
  if (java.major < JAVA_MAJOR_MIN) {
    throw new RhythmicError(
      "missing_tool",
      `Kafka needs Java ${JAVA_MAJOR_MIN} or newer, and ${java.command} is Java ${java.major}; install a newer JDK and let JAVA_HOME name it, ${WITHOUT_KAFKA}.`,
    );
  }
  return java;
}
