import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockState } from "../../../../runtime/generator/resume/state-lock";

/** Only Linux has names that end with their process. */
const onLinux = process.platform === "linux" ? test : test.skip;
const folder = mkdtempSync(join(tmpdir(), "rhythmic-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const state = join(folder, "run.state");

onLinux("a state is one process's at a time, however its path is written", async () => {
  const link = join(folder, "link");
  symlinkSync(folder, link);
  const giveBack = await lockState(state);
  for (const path of [state, join(link, "run.state")]) {
    await expect(lockState(path)).rejects.toThrow(
      `The state ${path} is that of a run that is still going on; wait until it has ended, stop it, or give another --state.`,
    );
  }
  (await lockState(join(folder, "other.state")))();
  giveBack();
  (await lockState(state))();
});

onLinux("the lock of a process that was killed is nobody's", async () => {
  const script = `require("tsx/cjs"); require(${JSON.stringify(
    join(__dirname, "../../../../runtime/generator/resume/state-lock.ts"),
  )}).lockState(${JSON.stringify(state)}).then(() => { console.log("locked"); setInterval(() => {}, 1000); });`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await expect(lockState(state)).rejects.toThrow(/still going on/);
  child.kill("SIGKILL");
  await once(child, "exit");
  (await lockState(state))();
});
