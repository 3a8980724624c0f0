import { spawnSync } from "node:child_process";
import path from "node:path";
import { MACHINES } from "../../scripts/vm/machines";
import { selectEnvironment } from "../../stacks/environments";
import { logCommand } from "../../stacks/observability/log-filter";
import { ROOT, runNode } from "../support/program";
import { answerAsDeployed, manager, member, NEW, OLD, oldVersion } from "./vm/answers";
import { runVm } from "./vm/run-vm";
import { type StandInGcloud, standInGcloud } from "./vm/stand-in-gcloud";

const PLACE = ["--zone=us-central1-a", "--project=acme-music"];
const STABLE = ["--stable", "--timeout=900"];
const MANAGED = ["compute", "instance-groups", "managed"];

let gcloud: StandInGcloud;
beforeEach(() => {
  gcloud = standInGcloud();
  answerAsDeployed(gcloud);
});
afterEach(() => gcloud.remove());

const run = (line: string, variables?: Readonly<Record<string, string>>) => runVm(gcloud, line, variables);

const wait = (name: string) => [...MANAGED, "wait-until", `rhythmic-dev-${name}`, ...STABLE, ...PLACE];
const resize = (name: string, size: number) => [
  ...MANAGED,
  "resize",
  `rhythmic-dev-${name}`,
  `--size=${size}`,
  ...PLACE,
];
const membersOfKafka = [...MANAGED, "list-instances", "rhythmic-dev-kafka", ...PLACE, "--format=json"];
const kafkaMachine = (action: string) => [
  ...MANAGED,
  action,
  "rhythmic-dev-kafka",
  "--instances=rhythmic-dev-kafka-0",
  ...PLACE,
];

describe("stop and start", () => {
  test("stop all ends who writes first and Kafka last, and each is gone before the next is asked", async () => {
    const { code, calls } = await run("stop all");
    expect([code, calls]).toEqual([
      0,
      [
        ...["generator", "processor", "loader"].flatMap((name) => [resize(name, 0), wait(name)]),
        membersOfKafka,
        kafkaMachine("stop-instances"),
        wait("kafka"),
      ],
    ]);
  });

  test("start all begins with Kafka, and gives each program as many machines as the environment declares", async () => {
    gcloud.answer("list-instances rhythmic-dev-kafka", {
      stdout: [member("kafka", "rhythmic-dev-kafka-0", { instanceStatus: "TERMINATED" })],
    });
    const { calls } = await run("start all --yes");
    expect(calls).toEqual([
      membersOfKafka,
      kafkaMachine("start-instances"),
      wait("kafka"),
      ...["loader", "processor", "generator"].flatMap((name) => [resize(name, 1), wait(name)]),
    ]);
    const prod = await run("start processor --environment prod");
    expect(prod.calls[0]).toContain("--size=3");
  });

  test.each([
    ["start", "RUNNING"],
    ["stop", "TERMINATED"],
    ["stop", "STOPPING"],
  ])("%s asks for nothing where Kafka's machine is %s already", async (action, instanceStatus) => {
    gcloud.answer("list-instances rhythmic-dev-kafka", {
      stdout: [member("kafka", "rhythmic-dev-kafka-0", { instanceStatus })],
    });
    const { calls, stderr } = await run(`${action} kafka`);
    expect(calls).toEqual([membersOfKafka, wait("kafka")]);
    expect(stderr).toContain(`rhythmic-dev-kafka-0 is ${instanceStatus} already.`);
  });

  test.each(["start generator", "roll generator", "rotate generator"])(
    "%s wants --yes, since it writes the same events once more",
    async (line) => {
      const { code, calls, stderr } = await run(line);
      expect([code, calls]).toEqual([2, []]);
      expect(stderr.at(-1)).toMatch(
        /begins its simulated time anew, and writes the same events once more; allowed: with --yes/,
      );
      expect((await run(`${line} --yes`)).code).toBe(0);
    },
  );

  test("start all leaves the generator alone, and says so", async () => {
    const { code, calls, stderr } = await run("start all");
    expect(code).toBe(0);
    expect(calls.flat().filter((word) => word.includes("generator"))).toEqual([]);
    expect(stderr[0]).toMatch(/^generator: not started, since .*; npm run vm -- start generator --yes does\.$/);
  });

  test("what fails stops the rest: Kafka does not go while a program is still there", async () => {
    gcloud.answer("resize rhythmic-dev-processor", {
      code: 1,
      stderr: "ERROR: (gcloud.compute.instance-groups.managed.resize) Could not fetch resource:\n - Internal error\n",
    });
    const { code, calls, stderr } = await run("stop all");
    expect(code).toBe(1);
    expect(calls.map((call) => call[3])).toEqual(["resize", "wait-until", "resize"]);
    expect(stderr.at(-1)).toMatch(/^vm: gcloud ended with 1 \(.*Internal error\); the command was: gcloud compute .*$/);
  });

  test("in prod it wants --yes", async () => {
    const { code, calls, stderr } = await run("stop all --environment prod");
    expect([code, calls]).toEqual([2, []]);
    expect(stderr.at(-1)).toMatch(/^vm: stop in prod ends what others rely on: .*; allowed: with --yes\.$/);
    expect((await run("stop loader --environment prod --yes")).code).toBe(0);
  });
});

describe("list", () => {
  test("shows every machine with its status, health, bundle and address", async () => {
    const { code, stdout } = await run("list");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "name       machine                    status   health   bundle        address     now",
      "generator  rhythmic-dev-generator-x1  RUNNING  HEALTHY  aaaaaaaaaaaa  10.20.0.2",
      "processor  rhythmic-dev-processor-x1  RUNNING  HEALTHY  aaaaaaaaaaaa  10.20.0.3",
      "loader     rhythmic-dev-loader-x1     RUNNING  HEALTHY  aaaaaaaaaaaa  10.20.0.4",
      "kafka      rhythmic-dev-kafka-0       RUNNING  -        -             10.20.0.10",
    ]);
  });

  test("says what is not as it is declared, and what to do", async () => {
    gcloud.answer("managed list ", {
      stdout: [
        manager("generator", { targetSize: 0 }),
        manager("processor", { status: { isStable: false } }),
        manager("kafka"),
      ],
    });
    gcloud.answer("list-instances rhythmic-dev-generator", { stdout: [] });
    gcloud.answer("list-instances rhythmic-dev-processor", {
      stdout: [
        member("processor", "rhythmic-dev-processor-x0", oldVersion("processor")),
        member("processor", "rhythmic-dev-processor-x1", { instanceStatus: undefined, currentAction: "CREATING" }),
      ],
    });
    const { stdout } = await run("list");
    expect(stdout).toMatch(/^generator +none +aaaaaaaaaaaa$/m);
    expect(stdout).toMatch(
      /^processor +rhythmic-dev-processor-x0 +RUNNING +HEALTHY +bbbbbbbbbbbb \(old\) +10.20.0.9$/m,
    );
    expect(stdout).toMatch(/^processor +rhythmic-dev-processor-x1 +NOT YET .* CREATING$/m);
    expect(stdout).toMatch(/^loader +not deployed/m);
    expect(stdout.split("\n\n")[1]?.split("\n")).toEqual([
      "generator: 0 of 1 machines wanted; npm run vm -- start generator",
      "processor: 1 of 2 machines from an older template; a roll is under way.",
      "processor: not stable; see npm run vm -- logs processor, and docs/runbooks/machine-missing.md.",
      "loader: there is no such group; deploy its stack (docs/deploy.md).",
    ]);
  });

  test("as JSON has whole hashes, and the deployed one beside the one that runs", async () => {
    gcloud.answer("list-instances rhythmic-dev-processor", {
      stdout: [member("processor", "rhythmic-dev-processor-x0", oldVersion("processor"))],
    });
    const { stdout } = await run("list processor --json");
    expect(JSON.parse(stdout)).toEqual({
      environment: "dev",
      project: "acme-music",
      groups: [
        {
          name: "processor",
          group: "rhythmic-dev-processor",
          isDeployed: true,
          declared: 1,
          wanted: 1,
          isStable: true,
          bundle: NEW,
          machines: [
            {
              machine: "rhythmic-dev-processor-x0",
              status: "RUNNING",
              health: "HEALTHY",
              bundle: OLD,
              isCurrent: false,
              address: "10.20.0.9",
            },
          ],
        },
      ],
    });
  });
});

describe("logs", () => {
  const environment = selectEnvironment({ RHYTHMIC_PROJECT: "acme-music" });

  test("asks for the lines that the stack's output shows", async () => {
    const { calls } = await run("logs processor --lines 50 --since 30m");
    const [filter = ""] = /(?<=read ')[^']+/.exec(logCommand(environment, "processor")) ?? [];
    expect(filter).toContain("processor");
    expect(calls).toEqual([
      [
        "logging",
        "read",
        filter,
        "--project=acme-music",
        "--freshness=30m",
        "--limit=50",
        "--format=value(timestamp,severity,jsonPayload.message)",
      ],
    ]);
  });

  test("of Kafka are its own and its keeper's, and --follow goes on", async () => {
    const { calls } = await run("logs kafka --follow");
    expect(calls[0]?.slice(0, 3)).toEqual(["beta", "logging", "tail"]);
    expect(calls[0]?.[3]).toContain('jsonPayload.program=("keeper")');
    expect(calls[0]?.[3]).toContain('"cos.googleapis.com/container_name"="rhythmic-kafka"');
  });

  test("of all are of the programs or of Kafka", async () => {
    const { calls } = await run("logs all");
    expect(calls[0]?.[2]).toMatch(
      /^\(.*"generator" OR "processor" OR "loader" OR "keeper"\)\) OR \(.*rhythmic-kafka.*\)$/,
    );
  });
});

describe("ssh", () => {
  const tunnel = [...PLACE, "--tunnel-through-iap"];

  test("goes to Kafka's machine by its name", async () => {
    expect((await run("ssh kafka")).calls).toEqual([["compute", "ssh", "rhythmic-dev-kafka-0", ...tunnel]]);
  });

  test("goes to a machine of the program that runs, with the words after -- as its command", async () => {
    const { calls } = await run("ssh processor -- sudo docker ps --all");
    expect(calls[0]).toContain("--filter=instanceStatus=RUNNING");
    expect(calls[1]).toEqual([
      "compute",
      "ssh",
      "rhythmic-dev-processor-x1",
      ...tunnel,
      "--command=sudo docker ps --all",
    ]);
  });

  test("says so where no machine of the program runs", async () => {
    gcloud.answer("--format=value(instance.basename())", { stdout: "" });
    const { code, stderr } = await run("ssh processor");
    expect(code).toBe(1);
    expect(stderr.at(-1)).toBe(
      "vm: No machine of processor runs; npm run vm -- list says why, npm run vm -- start makes one.",
    );
  });
});

describe("roll", () => {
  test("keeps the group's own policy, and waits until all run the new template and nothing changes any more", async () => {
    const { calls } = await run("roll processor");
    const group = "rhythmic-dev-processor";
    const policy = ["--max-surge=1", "--max-unavailable=0", "--replacement-method=substitute"];
    expect(calls).toEqual([
      [...MANAGED, "rolling-action", "replace", group, ...policy, ...PLACE],
      [...MANAGED, "wait-until", group, "--version-target-reached", "--timeout=900", ...PLACE],
      wait("processor"),
    ]);
  });

  test("of Kafka says that it is a restart, and wants --yes", async () => {
    const refused = await run("roll kafka");
    expect([refused.code, refused.calls]).toEqual([2, []]);
    expect(refused.stderr.at(-1)).toMatch(/^vm: roll kafka is a restart: .*; allowed: with --yes\.$/);
    expect((await run("roll kafka --yes")).calls).toEqual([kafkaMachine("recreate-instances"), wait("kafka")]);
  });
});

describe("rotate", () => {
  const keeper = (step: string) =>
    `--command=sudo docker exec rhythmic-keeper node /app/keeper.cjs --${step} processor`;
  const stepsOf = (calls: readonly string[][]) =>
    calls.map((call) =>
      call.at(-1) === keeper("rotate") ? "rotate" : call.at(-1) === keeper("retire") ? "retire" : call[3],
    );

  test("sets the idle user, rolls the program, and shuts out the user from before, in this order", async () => {
    const { code, calls } = await run("rotate processor");
    expect([code, stepsOf(calls)]).toEqual([0, ["rotate", "rolling-action", "wait-until", "wait-until", "retire"]]);
    expect(calls[0]?.[2]).toBe("rhythmic-dev-kafka-0");
  });

  test("shuts nobody out when the program does not come up, and says how to go on", async () => {
    gcloud.answer("wait-until", { code: 1, stderr: "Timeout while waiting for group to become stable.\n" });
    const failed = await run("rotate processor");
    expect([failed.code, stepsOf(failed.calls)]).toEqual([1, ["rotate", "rolling-action", "wait-until"]]);
    expect(failed.stderr.at(-1)).toMatch(
      /^vm: Step 2 of 3 \(roll\) has failed\. The group did not become stable in time.* Both users work.* Go on with: npm run vm -- rotate processor --environment dev --from roll$/,
    );
    gcloud.answer("wait-until", {});
    const goneOn = await run("rotate processor --environment dev --from roll");
    expect(stepsOf(goneOn.calls)).toEqual(["rolling-action", "wait-until", "wait-until", "retire"]);
  });

  test("a keeper that refuses leaves everything as it is", async () => {
    gcloud.answer("--rotate", {
      code: 1,
      stderr: "keeper: something\nERROR: (gcloud.compute.ssh) [/usr/bin/ssh] exited with return code [1].\n",
    });
    const { calls, stderr } = await run("rotate processor");
    expect(calls.length).toBe(1);
    expect(stderr.at(-1)).toMatch(/^vm: Step 1 of 3 \(rotate\) has failed\. .*keeper: something.* --from rotate$/);
  });

  test("the audit runs on no machine, so nothing is rolled", async () => {
    const { calls } = await run("rotate audit");
    expect(calls.map((call) => call[1])).toEqual(["ssh", "ssh"]);
  });
});

describe("a dry run", () => {
  test.each([
    "list",
    "stop all",
    "start all",
    "logs all",
    "logs kafka --follow",
    "ssh kafka",
    "ssh processor",
    "roll kafka",
    "roll loader",
    "rotate generator",
  ])("of %s prints commands and runs none", async (line) => {
    const { code, stdout, stderr, calls } = await run(`${line} --dry-run`);
    expect({ code, stderr, calls }).toEqual({ code: 0, stderr: [], calls: [] });
    for (const command of stdout.split("\n")) expect(command).toMatch(/^gcloud .*--project=acme-music/);
  });

  test("its lines run in a shell as they stand, and are what is run without it", async () => {
    const { stdout } = await run("ssh processor --dry-run -- sudo sh -c 'echo $HOME'");
    expect(spawnSync("/bin/sh", ["-c", stdout], { env: { PATH: gcloud.path } }).status).toBe(0);
    const copied = gcloud.calls();
    expect(copied).toEqual((await run("ssh processor -- sudo sh -c 'echo $HOME'")).calls);
    expect(copied[1]?.at(-1)).toBe("--command=sudo sh -c 'echo $HOME'");
  });
});

test("what gcloud says is passed on, beside the sentence that explains it", async () => {
  gcloud.answer("rolling-action", { code: 1, stderr: "ERROR: all of it\n" });
  expect((await run("roll loader")).passed).toBe("ERROR: all of it\n");
});

test("every command is shown before it is run", async () => {
  const { stderr } = await run("ssh kafka -- df -h");
  expect(stderr).toEqual([
    "$ gcloud compute ssh rhythmic-dev-kafka-0 --zone=us-central1-a --project=acme-music --tunnel-through-iap '--command=df -h'",
  ]);
});

test("npm run vm starts it, and --help explains every action", async () => {
  const program = runNode([path.join(ROOT, "scripts/run.mjs"), "vm", "--help"]);
  expect(await program.ended).toMatchObject({ code: 0 });
  for (const word of ["list", "start", "stop", "logs", "ssh", "roll", "rotate", "--dry-run", ...MACHINES]) {
    expect(program.stdout()).toContain(word);
  }
});
