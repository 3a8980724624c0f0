import { appendFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cachedJars, ensureJars, type Jars, KAFKA_VERSION } from "../../../scripts/kafka/jars";
import { withTools } from "./fake-tools";

jest.setTimeout(120_000);

const KEEP_QUIET = () => undefined;
const COPY = "/bin/cp";

/** The real jars, from this machine's own cache. */
let real: Jars;

beforeAll(async () => {
  real = await ensureJars(KEEP_QUIET);
});

/** A Maven that "downloads" by copying, and notes every call. */
function copyingMaven(): string {
  return `for argument in "$@"; do case "$argument" in -DoutputDirectory=*) out="\${argument#*=}";; esac; done
/bin/mkdir -p "$out" && ${COPY} ${real.dir}/*.jar "$out" && echo call >> "$XDG_CACHE_HOME/calls"`;
}

async function jarFolders(cache: string): Promise<string[]> {
  return (await readdir(join(cache, "rhythmic", `kafka-${KAFKA_VERSION}`))).sort();
}

test("downloads once, says so, and needs neither Maven nor the network afterwards", async () => {
  await withTools({ mvn: copyingMaven() }, async (cache) => {
    const lines: string[] = [];
    const jars = await ensureJars((line) => lines.push(line));
    expect(lines).toEqual([`downloading Kafka ${KAFKA_VERSION}: 46 jars, 44 MB, from Maven Central, once`]);
    expect(jars.classPath.split(":").length).toBe(46);
    process.env.PATH = "";
    expect((await ensureJars((line) => lines.push(line))).dir).toBe(jars.dir);
    expect(lines.length).toBe(1);
    expect(await jarFolders(cache)).toEqual([`jars-${jars.hash}`]);
  });
});

test("two processes may download at once", async () => {
  await withTools({ mvn: copyingMaven() }, async (cache) => {
    const [one, other] = await Promise.all([ensureJars(KEEP_QUIET), ensureJars(KEEP_QUIET)]);
    expect(one.dir).toBe(other.dir);
    expect(await jarFolders(cache)).toEqual([`jars-${one.hash}`]);
  });
});

test("refuses a jar that is not the one of the list, by name, and keeps nothing of the download", async () => {
  const tampering = `${copyingMaven()}\necho more >> "$out/kafka_2.13-${KAFKA_VERSION}.jar"`;
  await withTools({ mvn: tampering }, async (cache) => {
    await expect(ensureJars(KEEP_QUIET)).rejects.toMatchObject({
      code: "download_failed",
      message: expect.stringMatching(
        /kafka_2\.13-.*\.jar in .* has the sha256 [0-9a-f]{64}, but must have [0-9a-f]{64}/,
      ),
    });
    expect(await jarFolders(cache)).toEqual([]);
  });
});

test("refuses a cache that was changed or is incomplete, by the jar's name and with the remedy", async () => {
  await withTools({ mvn: copyingMaven() }, async () => {
    const { dir, sha256ByName } = await ensureJars(KEEP_QUIET);
    const [first = "", second = ""] = sha256ByName.keys();
    await appendFile(join(dir, second), "more");
    await expect(cachedJars()).rejects.toMatchObject({ message: expect.stringContaining(`${second} in ${dir} has`) });
    await rm(join(dir, first));
    await expect(ensureJars(KEEP_QUIET)).rejects.toMatchObject({
      code: "download_failed",
      message: expect.stringContaining(`${first} in ${dir} is missing; remove that folder and start again`),
    });
  });
});

test("without Maven it names the ways out", async () => {
  await withTools({}, async () => {
    await expect(ensureJars(KEEP_QUIET)).rejects.toMatchObject({
      code: "missing_tool",
      message: expect.stringMatching(/no mvn in PATH.*install Maven.*KAFKA_BROKERS/),
    });
  });
});

test("says what Maven said where the download fails", async () => {
  await withTools({ mvn: 'echo "[ERROR] Unknown host repo.maven.apache.org"; exit 1' }, async (cache) => {
    await expect(ensureJars(KEEP_QUIET)).rejects.toMatchObject({
      code: "download_failed",
      message: expect.stringContaining("Unknown host repo.maven.apache.org"),
    });
    expect(await jarFolders(cache)).toEqual([]);
  });
});

test("says where the cache can't be made", async () => {
  await withTools({}, async (cache) => {
    await mkdir(cache);
    process.env.XDG_CACHE_HOME = "/dev/null";
    await expect(ensureJars(KEEP_QUIET)).rejects.toMatchObject({
      code: "download_failed",
      message: expect.stringContaining("XDG_CACHE_HOME"),
    });
  });
});
