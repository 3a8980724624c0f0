import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./support/program";
import { makeSuccessorCheckout, SUCCESSOR } from "./support/successor";

/**
 * cdktf is archived; cdktn goes on with it (docs/decisions/0006-infrastructure.md). As long as the same source declares
 * the same through both, changing over is a line of package.json.
 */

const folder = mkdtempSync(join(tmpdir(), "rhythmic-successor-"));
const successor = join(folder, "checkout");
beforeAll(() => makeSuccessorCheckout(successor), 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The files of a synth by path, JSON without the version of what wrote it, which is given apart. */
function synthesize(checkout: string, environment: Readonly<Record<string, string>>) {
  const outdir = mkdtempSync(join(folder, "out-"));
  const { RHYTHMIC_PROJECT: _, RHYTHMIC_ENV: __, ...own } = process.env;
  execFileSync(process.execPath, ["--require", "tsx/cjs", "main.ts"], {
    cwd: checkout,
    env: { ...own, ...environment, CDKTF_OUTDIR: outdir },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const versions = new Set<string>();
  const names = readdirSync(outdir, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files = names.map((name): [string, unknown] => {
    const text = readFileSync(name, "utf8");
    const short = name.slice(outdir.length + 1);
    if (!name.endsWith(".json")) return [short, text];
    const json = JSON.parse(text) as { version?: string; "//"?: { metadata: { version?: string } } };
    const stamped = short === "manifest.json" ? json : json["//"]?.metadata;
    versions.add(String(stamped?.version));
    if (stamped !== undefined) delete stamped.version;
    return [short, json];
  });
  return { files: new Map(files), versions: [...versions] };
}

test.each([
  ["dev of the example project", {}],
  ["prod of a project", { RHYTHMIC_ENV: "prod", RHYTHMIC_PROJECT: "acme-music" }],
])(
  "the successor declares %s to the letter, but for its own version",
  (_, environment) => {
    const ours = synthesize(ROOT, environment as Record<string, string>);
    const theirs = synthesize(successor, environment as Record<string, string>);
    expect(ours.versions).toEqual(["0.21.0"]);
    expect(theirs.versions).toEqual([SUCCESSOR.cdktf.split("@")[1]]);
    expect([...theirs.files.keys()]).toEqual([...ours.files.keys()]);
    expect([...ours.files.keys()].filter((name) => name.endsWith("cdk.tf.json")).length).toBeGreaterThan(6);
    for (const [name, content] of ours.files)
      expect({ name, content: theirs.files.get(name) }).toEqual({ name, content });
  },
  120_000,
);
