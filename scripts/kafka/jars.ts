import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf, RhythmicError, systemCodeOf } from "../../runtime/support/errors";
import { WITHOUT_KAFKA } from "./java";

const run = promisify(execFile);

export const KAFKA_VERSION = "4.3.1";
/** The sha256 of every jar, as `sha256sum *.jar` prints it in the folder of a download that is trusted. */
const LIST_FILE = join(__dirname, "jars.sha256");
const MAVEN_OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const STALE_DOWNLOAD_MS = 3_600_000;

/**
 * What Maven resolves. The broker and its storage tool are in `kafka_2.13`; without a binding for SLF4J Kafka's log
 * would be empty.
 */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rhythmic</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version>
    </dependency>
  </dependencies>
</project>
`;
const MAVEN_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

export interface JarList {
  /** sha256 by file name, in the order of the class path. */
  readonly sha256ByName: ReadonlyMap<string, string>;
  /** Names this very list in the names of files that depend on it. */
  readonly hash: string;
}

export interface Jars extends JarList {
  /** The folder that holds exactly these jars. */
  readonly dir: string;
  readonly classPath: string;
}

/** Where Kafka's files are kept between runs, outside the work tree (XDG Base Directory Specification). */
export function cacheDir(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "rhythmic", `kafka-${KAFKA_VERSION}`);
}

export async function readJarList(): Promise<JarList> {
  const text = await readFile(LIST_FILE, "utf8");
  const sha256ByName = new Map<string, string>();
  for (const line of text.trim().split("\n")) {
    const [sha256, name] = line.split(/\s+\*?/);
    if (sha256 !== undefined && name !== undefined) sha256ByName.set(name, sha256);
  }
  return { sha256ByName, hash: createHash("sha256").update(text).digest("hex").slice(0, 8) };
}

/** The folder of the jars of this list: another list has another folder, so a folder never changes. */
export function jarsDir(list: JarList): string {
  return join(cacheDir(), `jars-${list.hash}`);
}

/** The jars from the cache, or `undefined` where they have never been downloaded. @throws as `verify` does */
export async function cachedJars(): Promise<Jars | undefined> {
  const list = await readJarList();
  const dir = jarsDir(list);
  const there = await stat(dir).catch(() => undefined);
  return there === undefined ? undefined : verify(dir, list);
}

/**
 * Every jar of Kafka, each checked against the committed list; downloaded by Maven the first time. Several processes
 * may do this at once: the first that is done wins.
 * @throws RhythmicError missing_tool (no Maven, and nothing in the cache), download_failed
 */
export async function ensureJars(log: (line: string) => void): Promise<Jars> {
  const cached = await cachedJars();
  if (cached !== undefined) return cached;
  const list = await readJarList();
  const temporary = join(cacheDir(), `.download-${randomUUID()}`);
  try {
    await mkdir(temporary, { recursive: true });
  } catch (error) {
    throw new RhythmicError(
      "download_failed",
      `The cache folder ${cacheDir()} can't be made (${messageOf(error)}); let XDG_CACHE_HOME name a folder that can be written.`,
      { cause: error },
    );
  }
  try {
    await removeStaleDownloads();
    log(`downloading Kafka ${KAFKA_VERSION}: ${list.sha256ByName.size} jars, 44 MB, from Maven Central, once`);
    await download(temporary);
    const jars = join(temporary, "jars");
    await verify(jars, list);
    await publish(jars, jarsDir(list));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return verify(jarsDir(list), list);
}

async function publish(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Another process was first, with the same verified files.
    if (!["ENOTEMPTY", "EEXIST"].includes(systemCodeOf(error) ?? "")) throw error;
  }
}

/** Downloads of processes that were killed in the middle. */
async function removeStaleDownloads(): Promise<void> {
  for (const name of await readdir(cacheDir())) {
    if (!name.startsWith(".download-")) continue;
    const path = join(cacheDir(), name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > STALE_DOWNLOAD_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function download(dir: string): Promise<void> {
  const pom = join(dir, "pom.xml");
  await writeFile(pom, POM);
  const args = ["-B", "-q", "-f", pom, MAVEN_GOAL, "-DincludeScope=runtime", `-DoutputDirectory=${join(dir, "jars")}`];
  try {
    await run("mvn", args, { env: process.env, maxBuffer: MAVEN_OUTPUT_BYTES_MAX });
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") {
      throw new RhythmicError(
        "missing_tool",
        `Kafka's jars are not in the cache yet, and there is no mvn in PATH to download them; install Maven once (Debian: apt install maven, macOS: brew install maven), ${WITHOUT_KAFKA}.`,
      );
    }
    throw new RhythmicError(
      "download_failed",
      `Maven could not download Kafka ${KAFKA_VERSION}: ${firstMavenError(error)} Try again when the network is there (a proxy or a mirror belongs into ~/.m2/settings.xml), ${WITHOUT_KAFKA}.`,
      { cause: error },
    );
  }
}

function firstMavenError(error: unknown): string {
  const { stdout, stderr } = error as { stdout?: string; stderr?: string };
  const line = `${stdout ?? ""}\n${stderr ?? ""}`.split("\n").find((text) => text.includes("ERROR"));
  return line === undefined ? messageOf(error) : line.replace(/^.*?ERROR\]?\s*/, "").trim();
}

/**
 * Is every jar of the list in the folder, byte for byte? 44 MB take a tenth of a second, so this is done at every
 * start.
 * @throws RhythmicError download_failed naming the first jar that is missing or another
 */
async function verify(dir: string, list: JarList): Promise<Jars> {
  const refuse = (name: string, problem: string) => {
    const remedy = "remove that folder and start again; if it happens again, do not trust the download";
    return new RhythmicError("download_failed", `Kafka's jar ${name} in ${dir} ${problem}; ${remedy}.`);
  };
  for (const [name, sha256] of list.sha256ByName) {
    const bytes = await readFile(join(dir, name)).catch(() => undefined);
    if (bytes === undefined) throw refuse(name, "is missing");
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== sha256) throw refuse(name, `has the sha256 ${found}, but must have ${sha256}`);
  }
  const classPath = [...list.sha256ByName.keys()].map((name) => join(dir, name)).join(":");
  return { ...list, dir, classPath };
}
