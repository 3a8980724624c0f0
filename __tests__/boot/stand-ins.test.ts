import { readFileSync } from "node:fs";
import path from "node:path";
import { synthesizePlatform } from "../stacks/synthesize-platform";
import { parseCloudConfig } from "../support/machine/cloud-config";
import { parseFlags } from "../support/machine/commands/arguments";
import { imageNamed } from "../support/machine/commands/container-root";
import { STAND_INS } from "../support/machine/commands/list";
import { pathsBelow } from "../support/machine/paths";
import { storageGrantsOf } from "../support/machine/storage-grants";
import { parseUnitFile } from "../support/machine/unit-file";

/** What the machines of the tests leave out is known, and no template can grow a part that none of them would boot. */

const DEPLOY = readFileSync(path.join(__dirname, "../../docs/deploy.md"), "utf8");
/** What stands in the table beside commands: keys of cloud-config, and a command that is the real one here. */
const NO_STAND_INS = ["users", "write_files", "runcmd", "date"];

test("the page about deploying names every command that only a real machine can run, and no other", () => {
  const [, section = ""] = DEPLOY.split("### What only a real machine can run");
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  const snippets = lines.flatMap((line) => [...(line.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)]);
  const words = snippets.map(([, snippet = ""]) => snippet.split(" ")[0] ?? "");
  const commands = words.filter((word) => /^[a-z][a-z0-9_.-]*$/.test(word) && !NO_STAND_INS.includes(word));
  expect([...new Set(commands)].sort()).toEqual([...STAND_INS].sort());
});

describe("a cloud-config is refused", () => {
  test.each([
    ["without its first line", "users: []\n", /does not begin with the line #cloud-config/],
    ["with a part that no test boots", "#cloud-config\nbootcmd: [true]\n", /know no bootcmd in cloud-config/],
    [
      "with a key that no test knows",
      "#cloud-config\nusers: [{ name: a, uid: 1, sudo: x }]\n",
      /know no sudo in users/,
    ],
    [
      "with a file whose mode is a number",
      "#cloud-config\nwrite_files: [{ path: /etc/rhythmic/a, permissions: 0644, content: x }]\n",
      /can't use this permissions/,
    ],
  ])("%s", (_what, text, problem) => {
    expect(() => parseCloudConfig(text)).toThrow(problem);
  });
});

describe("a unit", () => {
  const unit = (lines: string) => parseUnitFile("some.service", `[Service]\nExecStart=/bin/true\n${lines}\n`);

  test.each([
    ["a directive", "MemoryMax=1G", /don't know: MemoryMax=1G/],
    ["a section", "[Install]", /unknown section \[Install\]/],
    ["a variable that systemd would expand", "ExecStop=/bin/kill $MAINPID", /a \$ or % that systemd would expand/],
    ["a program by its name alone", "ExecStop=docker stop", /not an absolute path of a program: docker stop/],
    ["a kind of restart", "Restart=on-abort", /Restart=on-abort; known: no, always, on-failure/],
  ])("is refused with %s that no test knows", (_what, line, problem) => {
    expect(() => unit(line)).toThrow(problem);
  });

  test("is split into words as systemd does it", () => {
    const { stop } = unit(`ExecStop=-/bin/sh -c "echo \\"two words\\"; echo $$HOME" 'one word'`);
    expect(stop).toEqual([{ argv: ["/bin/sh", "-c", 'echo "two words"; echo $HOME', "one word"], mayFail: true }]);
  });
});

test("paths of a machine are put below its folder, parts of other paths and of addresses are not", () => {
  const text = "--volume=/etc/rhythmic:/etc/rhythmic:ro https://example.com/app/x /usr/etc/rhythmic /application";
  const below = "--volume=/m/etc/rhythmic:/m/etc/rhythmic:ro https://example.com/app/x /usr/etc/rhythmic /application";
  expect(pathsBelow(text, "/m")).toBe(below);
  expect(pathsBelow(below, "/m")).toBe(below);
});

describe("docker's stand-in knows", () => {
  test("the flags of our units, and refuses any other", () => {
    expect(parseFlags(["--rm", "--name=x", "image", "--not-a-flag"], ["rm"], ["name"]).rest).toEqual([
      "image",
      "--not-a-flag",
    ]);
    for (const flag of ["--privileged", "--rm=true", "--name"]) {
      expect(() => parseFlags([flag, "image"], ["rm"], ["name"])).toThrow(`unknown flag: ${flag}`);
    }
  });

  test("the images of our units, by tag and by digest, and refuses any other", () => {
    const repository = "us-central1-docker.pkg.dev/p/images";
    expect(imageNamed(`${repository}/library/node:22.23.3-bookworm-slim`).name).toBe("node");
    expect(imageNamed(`${repository}/apache/kafka@sha256:${"a".repeat(64)}`).name).toBe("kafka");
    expect(() => imageNamed(`${repository}/library/postgres:18`)).toThrow(/unknown image/);
  });
});

test("Cloud Storage's stand-in lets an account do what the synth grants it, conditions included, and nothing else", () => {
  const mayDo = storageGrantsOf(synthesizePlatform("dev"));
  const [lake, artifacts] = ["lake", "artifacts"].map((what) => `rhythmic-example-rhythmic-dev-${what}`);
  const email = (what: string) => `rhythmic-dev-${what}@rhythmic-example.iam.gserviceaccount.com`;
  const upload = (name: string) =>
    `/upload/storage/v1/b/${lake}/o?uploadType=multipart&name=${encodeURIComponent(name)}`;
  expect(mayDo(email("generator"), "GET", `/${artifacts}/bundles/generator/1.cjs`)).toBe(true);
  expect(mayDo(email("generator"), "GET", `/${artifacts}/bundles/processor/1.cjs`)).toBe(false);
  expect(mayDo(email("generator"), "GET", `/storage/v1/b/${lake}/o?prefix=`)).toBe(false);
  expect(mayDo(email("processor"), "GET", `/storage/v1/b/${lake}/o?prefix=`)).toBe(true);
  expect(mayDo(email("processor"), "POST", upload("events/listen_events/1.parquet"))).toBe(true);
  expect(mayDo(email("processor"), "POST", upload("loads/1.json"))).toBe(false);
  expect(mayDo(email("loader"), "POST", upload("loads/1.json"))).toBe(true);
  expect(mayDo(email("loader"), "DELETE", `/storage/v1/b/${lake}/o/loads%2F1.json`)).toBe(false);
});
