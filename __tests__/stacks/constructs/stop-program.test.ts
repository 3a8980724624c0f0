import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { renderBoot } from "../../../stacks/constructs/boot";

/** What a unit does when its program is stopped, or has ended, run by a shell with a stand-in for docker. */

const SCRIPT = path.join(__dirname, "../../../stacks/constructs/templates/stop-program.sh");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "rhythmic-stop-"));
  writeFileSync(path.join(folder, "docker"), `#!/bin/sh\necho "docker $*" > ${folder}/asked\n`, { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param by what systemd sets for ExecStop= */
function stop(restart: "always" | "on-failure", by: Readonly<Record<string, string>>): readonly string[] {
  const { status } = spawnSync("sh", [SCRIPT, "generator", folder, restart], {
    env: { PATH: `${folder}:${process.env.PATH}`, ...by },
  });
  expect(status).toBe(0);
  return readdirSync(folder).filter((name) => name !== "docker");
}

const ENDED_WELL = { SERVICE_RESULT: "success", EXIT_CODE: "exited", EXIT_STATUS: "0" };

test("a program that runs gets 25 of the 30 seconds that a preempted machine has, and its unit no more than 30", () => {
  expect(stop("on-failure", { MAINPID: "4711" })).toEqual(["asked"]);
  expect(readFileSync(path.join(folder, "asked"), "utf8")).toBe("docker stop --time=25 rhythmic-generator\n");
  const unit = renderBoot("program.service", {
    program: "generator",
    registry: "registry.example",
    image: "registry.example/node:1",
    statusPort: "8080",
    restart: "on-failure",
  });
  expect(unit).toMatch(/^TimeoutStopSec=30$/m);
});

test("a program that has done its work is noted as ended, and its unit does not start it again after a reboot", () => {
  expect(stop("on-failure", ENDED_WELL)).toEqual(["generator.ended"]);
  const unit = renderBoot("program.service", {
    program: "generator",
    registry: "registry.example",
    image: "registry.example/node:1",
    statusPort: "8080",
    restart: "on-failure",
  });
  expect(unit).toContain("ConditionPathExists=!/var/lib/rhythmic/generator.ended\n");
  expect(unit).toContain("ExecStop=/bin/sh /etc/rhythmic/stop-program.sh generator /var/lib/rhythmic on-failure\n");
});

test.each([
  ["that failed", "on-failure", { SERVICE_RESULT: "exit-code", EXIT_CODE: "exited", EXIT_STATUS: "1" }],
  ["that was killed", "on-failure", { SERVICE_RESULT: "signal", EXIT_CODE: "killed", EXIT_STATUS: "9" }],
  ["that should run for ever", "always", ENDED_WELL],
] as const)("a program %s is not noted as ended", (_, restart, by) => {
  expect(stop(restart, by)).toEqual([]);
});
