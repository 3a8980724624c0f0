import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type Arguments,
  followLog,
  listGroups,
  listMachines,
  listMembers,
  listTemplates,
  nameRunning,
  readLog,
  recreateMachine,
  replaceAll,
  resize,
  ssh,
  startMachine,
  stopMachine,
  waitUntil,
} from "../../../scripts/vm/commands";
import { groupOf } from "../../../scripts/vm/machines";
import type { ManagedInstance } from "../../../scripts/vm/members";
import { explain } from "../../../scripts/vm/problems";
import { selectEnvironment } from "../../../stacks/environments";
import { commandsIn, GUIDES, wordsOf } from "../../support/documented-commands";
import { describeWithTool } from "../../support/requires";
import { type StandInCompute, startStandInCompute } from "./stand-in-compute";

/**
 * Every command that `npm run vm` may run, handed to the real gcloud: it speaks to a stand-in of Compute Engine, or to
 * nobody where it stops for want of an account, which it only does after it has understood the command.
 */

const environment = selectEnvironment({ RHYTHMIC_PROJECT: "acme-music" });
const loader = groupOf(environment, "loader");
const GROUP = `zones/${loader.zone}/instanceGroupManagers/${loader.group}`;
const NOT_LOGGED_IN =
  /You do not currently have an active account selected|required property \[account\] is not currently set/;

describeWithTool("gcloud", "the real gcloud understands every command", () => {
  let compute: StandInCompute;
  let folder: string;
  beforeAll(async () => {
    compute = await startStandInCompute(loader.project, loader.zone, loader.group);
    folder = mkdtempSync(path.join(tmpdir(), "rhythmic-gcloud-"));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await compute.stop();
  });
  beforeEach(() => compute.changes.splice(0));

  /** Its configuration is an empty folder, so that no account of this machine's user is used. */
  async function gcloud(command: Arguments, more: NodeJS.ProcessEnv = {}) {
    const { PATH, HOME } = process.env;
    const own = {
      CLOUDSDK_CONFIG: folder,
      CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
      CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1",
    };
    const child = spawn("gcloud", command, { env: { PATH, HOME, ...own, ...more }, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, stdout, stderr };
  }

  /** With the stand-in in Google's place, and without credentials, which gcloud then sends to nobody. */
  const atStandIn = (command: Arguments) =>
    gcloud(command, {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: compute.endpoint,
      CLOUDSDK_AUTH_DISABLE_CREDENTIALS: "true",
    });

  test.each<[string, Arguments, string, unknown]>([
    ["resize", resize(loader, 0), `POST ${GROUP}/resize?alt=json&size=0`, undefined],
    [
      "stop-instances",
      stopMachine(loader, "m-0"),
      `POST ${GROUP}/stopInstances?alt=json`,
      { instances: [expect.stringMatching(/\/instances\/m-0$/)] },
    ],
    [
      "start-instances",
      startMachine(loader, "m-0"),
      `POST ${GROUP}/startInstances?alt=json`,
      { instances: [expect.stringMatching(/\/instances\/m-0$/)] },
    ],
    [
      "recreate-instances",
      recreateMachine(loader, "m-0"),
      `POST ${GROUP}/recreateInstances?alt=json`,
      { instances: [expect.stringMatching(/\/instances\/m-0$/)] },
    ],
    [
      "rolling-action replace",
      replaceAll(loader),
      `PATCH ${GROUP}?alt=json`,
      {
        // The policy that the stack declares: otherwise the next deploy would find another.
        updatePolicy: {
          type: "PROACTIVE",
          minimalAction: "REPLACE",
          replacementMethod: "SUBSTITUTE",
          maxSurge: { fixed: 1 },
          maxUnavailable: { fixed: 0 },
        },
        versions: [{ instanceTemplate: expect.any(String), name: expect.stringMatching(/^0\//) }],
      },
    ],
  ])("%s changes what it should", async (_, command, call, body) => {
    const { code, stderr } = await atStandIn(command);
    expect({ code, stderr, changes: compute.changes }).toMatchObject({ code: 0, changes: [{ call, body }] });
  });

  test.each([
    ["wait-until --stable", waitUntil(loader, "stable")],
    ["wait-until --version-target-reached", waitUntil(loader, "version-target-reached")],
    ["list groups", listGroups(environment)],
    ["list templates", listTemplates(environment)],
    ["list machines", listMachines(environment)],
  ])("%s only asks", async (_, command) => {
    const { code, stderr } = await atStandIn(command);
    expect({ code, stderr, changes: compute.changes }).toMatchObject({ code: 0, changes: [] });
  });

  test("the members of a group come as JSON with the fields that are read", async () => {
    const { stdout } = await atStandIn(listMembers(loader));
    const [member] = JSON.parse(stdout) as ManagedInstance[];
    expect(member).toMatchObject({ instanceStatus: "RUNNING", currentAction: "NONE" });
    expect(member?.instance).toMatch(/\/instances\/rhythmic-dev-loader-x1$/);
    expect(member?.version?.instanceTemplate).toMatch(/\/instanceTemplates\/one$/);
  });

  test("the name of a machine that runs is its name alone", async () => {
    expect((await atStandIn(nameRunning(loader))).stdout).toBe("rhythmic-dev-loader-x1\n");
  });

  test.each([
    ["ssh", ssh(loader, "m-0")],
    ["ssh with a command", ssh(loader, "m-0", "df -h")],
    ["logging read", readLog("acme-music", 'jsonPayload.program="loader"', 5, "1h")],
    ["logging tail", followLog("acme-music", 'jsonPayload.program="loader"')],
  ])("%s is understood, and stops for want of an account, which is explained", async (_, command) => {
    const { code, stderr } = await gcloud(command);
    expect([code, stderr]).toEqual([1, expect.stringMatching(NOT_LOGGED_IN)]);
    expect(explain(command, 1, stderr, "acme-music").message).toMatch(/^gcloud has no account that is logged in now/);
  });

  const variables = { RHYTHMIC_PROJECT: "acme-music", ZONE: "us-central1-a" };
  const documented = GUIDES.flatMap((page) => commandsIn(page, "gcloud ").map((command) => [page, command] as const))
    // Those that need no account, and names of commands without their arguments.
    .filter(([, command]) => command.includes("--") && !command.includes("auth "));

  test.each(documented)("%s: %s", async (_, command) => {
    expect((await gcloud(wordsOf(command, variables).slice(1))).stderr).toMatch(NOT_LOGGED_IN);
  });

  test("a flag that there is not would be seen: gcloud refuses it before it looks for an account", async () => {
    const { code, stderr } = await gcloud([...ssh(loader, "m-0"), "--tunnel"]);
    expect(code).toBe(2);
    expect(stderr).not.toMatch(NOT_LOGGED_IN);
  });
});
