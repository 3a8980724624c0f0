import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, runNode } from "./support/program";

/** The app under the cdktf command line, as `npx cdktf synth` runs it after a plain `npm install`. */

const folder = mkdtempSync(join(tmpdir(), "rhythmic-cdktf-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("npx cdktf synth declares what npm run synth declares", async () => {
  const commandLine = join(ROOT, "node_modules", "cdktf-cli", "bundle", "bin", "cdktf");
  expect(existsSync(commandLine)).toBe(true);
  const output = join(folder, "cdktf.out");
  const environment = { ...process.env, CHECKPOINT_DISABLE: "1", CI: "1" };
  const synth = runNode([commandLine, "synth", "--output", output], environment);
  expect([(await synth.ended).code, synth.stderr()]).toEqual([0, expect.not.stringContaining("Error:")]);
  const manifest = JSON.parse(readFileSync(join(output, "manifest.json"), "utf8")) as { stacks: object };
  expect(Object.keys(manifest.stacks).sort()).toEqual([
    "batch",
    "foundation",
    "kafka",
    "lake",
    "network",
    "stream",
    "warehouse",
  ]);
}, 120_000);
