import { join } from "node:path";
import { ROOT, runNode } from "../../support/program";

// No figure is judged here: a machine that does something else as well would decide the test.
test("npm run bench -- synth measures the four ways, and says with which versions", async () => {
  const program = runNode([join(ROOT, "scripts/run.mjs"), "bench", "synth", "--runs", "1", "--json"]);
  const { code } = await program.ended;
  expect({ code, stderr: program.stderr() }).toMatchObject({ code: 0 });
  const { versions, figures } = JSON.parse(program.stdout());
  expect(versions).toMatchObject({ cdktf: "0.21.0", "ts-node": "10.9.2", node: process.versions.node });
  expect(figures.map(({ way }: { way: string }) => way)).toEqual([
    "npx cdktf synth, as cdktf init sets it up (ts-node)",
    "npx cdktf synth, as cdktf.json says here",
    "npm run synth",
    "npx cdktf synth of an app that does nothing",
  ]);
  for (const { medianSeconds } of figures) expect(medianSeconds).toBeGreaterThan(0);
}, 300_000);
