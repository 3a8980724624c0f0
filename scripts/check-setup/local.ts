import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "../../runtime/support/errors";
import { findClassData } from "../kafka/class-data";
import { cacheDir, cachedJars, KAFKA_VERSION } from "../kafka/jars";
import { findJava, JAVA_MAJOR_MIN } from "../kafka/java";
import type { Finding } from "./finding";
import { checkTool, versionOf } from "./tool";

const ROOT = resolve(__dirname, "../..");
const MEGABYTE = 1024 * 1024;
/** Node.js releases that demo and tests are tried on. */
const NODE_MAJORS_TRIED = [20, 22, 24];
/** All packages, Kafka's files, and room for the folders of demos and tests. */
const FREE_MB_MIN = 2_500;

function checkNode(): Finding {
  const found = process.versions.node;
  const neededFor = "everything";
  const major = Number(found.split(".")[0]);
  if (NODE_MAJORS_TRIED.includes(major)) return { name: "Node.js", state: "ok", found, neededFor };
  const remedy = `not tried on this release; ${NODE_MAJORS_TRIED.join(", ")} are`;
  return { name: "Node.js", state: "ok", found, neededFor, remedy };
}

async function checkNpm(): Promise<Finding> {
  const found = await versionOf("npm", "--version");
  const check = { name: "npm", neededFor: "installing the packages" };
  if (found !== undefined) return { ...check, state: "ok", found };
  return { ...check, state: "missing", found: "none", remedy: "install Node.js with its npm (nodejs.org)" };
}

async function checkPackages(scope: "runtime" | "all", neededFor: string): Promise<Finding> {
  const script = pathToFileURL(join(ROOT, "scripts", "setup", "dependencies.mjs")).href;
  const { missingPackages } = (await import(script)) as { missingPackages(scope: string): string[] };
  const missing = missingPackages(scope);
  const check = { name: `node_modules (${scope})`, neededFor };
  if (missing.length === 0) return { ...check, state: "ok", found: "complete" };
  const remedy = scope === "all" ? "npm ci, or npm test, which begins with it" : "npm run demo begins with it";
  return { ...check, state: "comes by itself", found: `${missing.length} packages missing`, remedy };
}

/** Java, Maven and Kafka's files: which of them is needed depends on the others. */
async function checkKafka(): Promise<Finding[]> {
  const [java, maven, jars] = await Promise.all([
    findJava(),
    versionOf("mvn", "--version"),
    cachedJars().catch((error: unknown) => messageOf(error)),
  ]);
  const neededFor = "the local Kafka of demo and tests";
  const isJavaGood = java !== undefined && java.major >= JAVA_MAJOR_MIN;
  const jarsName = `Kafka ${KAFKA_VERSION}`;
  const archive = isJavaGood && typeof jars === "object" ? await findClassData(java, jars) : undefined;
  const install = `install a JDK (Debian: apt install openjdk-17-jdk-headless, macOS: brew install openjdk); for the demo alone KAFKA_BROKERS can name a running Kafka`;
  const findings: Finding[] = [
    {
      name: `JDK ${JAVA_MAJOR_MIN} or newer`,
      state: isJavaGood ? "ok" : "missing",
      found: java?.description.split("\n")[0] ?? "none in JAVA_HOME or PATH",
      neededFor,
      ...(isJavaGood ? {} : { remedy: install }),
    },
    mavenFinding(maven, jars !== undefined),
  ];
  if (typeof jars === "string") {
    findings.push({ name: jarsName, state: "missing", found: "damaged", neededFor, remedy: jars });
    return findings;
  }
  const atFirstRun = "the first demo or test makes it, in some seconds";
  findings.push(
    jars === undefined
      ? { name: jarsName, state: "comes by itself", found: `not in ${cacheDir()}`, neededFor, remedy: atFirstRun }
      : { name: jarsName, state: "ok", found: jars.dir, neededFor },
    archive === undefined
      ? {
          name: "class-data archive",
          state: "comes by itself",
          found: "none",
          neededFor: "a quick start of Kafka",
          remedy: atFirstRun,
        }
      : { name: "class-data archive", state: "ok", found: archive, neededFor: "a quick start of Kafka" },
  );
  return findings;
}

function mavenFinding(found: string | undefined, areJarsThere: boolean): Finding {
  const check = { name: "Maven", neededFor: "downloading Kafka, once" };
  if (found !== undefined) return { ...check, state: "ok", found };
  if (areJarsThere) return { ...check, state: "not here", found: "none", remedy: "not needed: Kafka is in the cache" };
  return {
    ...check,
    state: "missing",
    found: "none",
    remedy: "install Maven (Debian: apt install maven, macOS: brew install maven), or name a Kafka in KAFKA_BROKERS",
  };
}

/** The folder itself, or the nearest above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

async function checkDisk(name: string, folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const freeMb = Math.floor((bavail * bsize) / MEGABYTE);
  const check = { name, found: `${freeMb} MB in ${folder}`, neededFor: "packages, Kafka's files, demos" };
  if (freeMb >= FREE_MB_MIN) return { ...check, state: "ok" };
  return { ...check, state: "missing", remedy: `free ${FREE_MB_MIN - freeMb} MB more` };
}

/** Everything that somebody may want to know before the first run. Changes nothing. */
export async function checkSetup(): Promise<Finding[]> {
  const findings = await Promise.all([
    checkNode(),
    checkNpm(),
    checkPackages("runtime", "everything"),
    checkPackages("all", "npm test"),
    checkKafka(),
    checkDisk("free disk", ROOT),
    checkDisk("free disk (cache)", existing(cacheDir())),
    checkTool("git", ["git", "--version"], "contributing"),
    checkTool("python3", ["python3", "--version"], "npm run test:all: delta-rs and DuckDB read the lake"),
    checkTool("go", ["go", "version"], "npm run test:all: a stand-in for Cloud Storage"),
    checkTool("docker", ["docker", "--version"], "the programs as containers (the local stack)"),
    checkTool("terraform", ["terraform", "-version"], "deploying; synthesizing does not need it"),
  ]);
  return findings.flat();
}
