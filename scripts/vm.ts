import { KAFKA_CLIENTS } from "../runtime/kafka/access";
import { messageOf } from "../runtime/support/errors";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import type { Environment } from "../stacks/environment-record";
import { isExample, selectEnvironment } from "../stacks/environments";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";
import { dryGcloud, gcloudOf } from "./vm/gcloud";
import { listed, tableOf } from "./vm/list";
import { logs } from "./vm/logs";
import { ALL, BEGINS_ANEW, type Group, groupsNamed, MACHINES } from "./vm/machines";
import { start, stop } from "./vm/power";
import { LINES_DEFAULT, readRequest, SINCE_DEFAULT, type VmRequest } from "./vm/request";
import { roll } from "./vm/roll";
import { clientNamed, rotate } from "./vm/rotate";
import { connect } from "./vm/ssh";
import type { Tools } from "./vm/tools";

const HELP = `vm: the machines of what is deployed, through gcloud. Shows each command before it runs it.

  npm run vm -- ACTION NAME [flags]

  list [NAME]            groups, machines, their health, the bundles that they run
  stop NAME, start NAME  for the night: programs first, Kafka last; and the other way round
  logs NAME              the newest lines, newest first
  ssh NAME [-- COMMAND]  a shell on a machine, or one command
  roll NAME              makes the machines anew, and waits until they are healthy
  rotate CLIENT          a new Kafka password for ${KAFKA_CLIENTS.join(", ")}: set, rolled out, the old one shut out

NAME is ${MACHINES.join(", ")}; for list, stop, start and logs also ${ALL}.

  --environment NAME  dev or prod; default: RHYTHMIC_ENV, else dev
  --dry-run           Prints the commands, one a line, and runs none.
  --json              list: JSON instead of a table.
  --yes               You know what it does: roll kafka (a restart); start, roll or rotate generator (it begins its
                      simulated time anew); stop in an environment that must not be destroyed.
  --follow            logs: goes on until Ctrl-C.
  --lines N           logs: how many at most; default ${LINES_DEFAULT}.
  --since DURATION    logs: how far back, such as 30m, 2h, 1d; default ${SINCE_DEFAULT}.
  --from STEP         rotate: goes on where it has stopped: rotate, roll or retire.
  --help              Prints this text.

RHYTHMIC_PROJECT is the id of your Google Cloud project; gcloud must be logged in (gcloud auth login).
Exit codes: 0 done, 2 bad usage, 1 failure.
`;

/** What the command needs from around it. */
export interface Surroundings {
  /** Of the process; gcloud gets them too. */
  readonly variables: NodeJS.ProcessEnv;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Writes a line to standard error. */
  readonly say: (line: string) => void;
  /** Writes what gcloud says on standard error, as it comes. */
  readonly pass: (data: Buffer) => void;
}

/** Runs the command. @returns the exit code */
export async function vm(args: readonly string[], { variables, print, say, pass }: Surroundings): Promise<number> {
  try {
    const request = readRequest(args, variables);
    if (request === undefined) {
      print(HELP.trimEnd());
      return EXIT_DONE;
    }
    const environment = selectEnvironment({ ...variables, RHYTHMIC_ENV: request.environment });
    if (isExample(environment)) {
      throw new SynthesisError(
        "RHYTHMIC_PROJECT is not set, and the example project has no machines; allowed: the id of your Google Cloud project.",
      );
    }
    const { dryRun } = request;
    const gcloud = dryRun ? dryGcloud(print) : gcloudOf(environment.project, variables, say, pass);
    await act(request, { environment, gcloud, dryRun, print, say: dryRun ? () => {} : say });
    return EXIT_DONE;
  } catch (error) {
    say(`vm: ${messageOf(error)}`);
    return error instanceof SynthesisError ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}

async function act(request: VmRequest, tools: Tools): Promise<void> {
  const { action } = request;
  if (action === "rotate") return rotateNamed(request, tools);
  const takesAll = action === "list" || action === "start" || action === "stop" || action === "logs";
  const name = request.name ?? (action === "list" ? ALL : undefined);
  const groups = groupsNamed(tools.environment, action, name, takesAll);
  refuseWithoutYes(request, tools.environment, groups);
  switch (action) {
    case "list":
      return list(tools, groups, request.json);
    case "start":
      return start(tools, startedOf(request, tools, groups));
    case "stop":
      return stop(tools, groups);
    case "logs":
      return logs(tools, groups, request);
    case "ssh":
      for (const group of groups) await connect(tools, group, request.command);
      return;
    case "roll":
      for (const group of groups) await roll(tools, group);
  }
}

async function list(tools: Tools, groups: readonly Group[], json: boolean): Promise<void> {
  const found = await listed(tools, groups);
  if (tools.dryRun) return;
  const { name, project } = tools.environment;
  tools.print(json ? JSON.stringify({ environment: name, project, groups: found }) : tableOf(found));
}

async function rotateNamed({ name, from, yes, dryRun }: VmRequest, tools: Tools): Promise<void> {
  const client = clientNamed(name);
  if (client === "generator" && from !== "retire" && !yes && !dryRun) {
    throw new SynthesisError(
      `rotate generator rolls it, and ${BEGINS_ANEW}; allowed: with --yes, or after it has ended rotate generator ` +
        "--dry-run, whose first and last commands are all that it needs then.",
    );
  }
  await rotate(tools, client, from);
}

/** All, but for a generator that was not asked for by its name. */
function startedOf({ name, yes }: VmRequest, { say }: Tools, groups: readonly Group[]): readonly Group[] {
  if (name !== ALL || yes) return groups;
  say(`generator: not started, since ${BEGINS_ANEW}; npm run vm -- start generator --yes does.`);
  return groups.filter(({ beginsAnew }) => !beginsAnew);
}

/** What interrupts others, or can't be taken back, is said in plain words first. */
function refuseWithoutYes(
  { action, name, yes, dryRun }: VmRequest,
  environment: Environment,
  groups: readonly Group[],
): void {
  if (yes || dryRun) return;
  const refuse = (why: string) => {
    throw new SynthesisError(`${why}; allowed: with --yes.`);
  };
  if (action === "roll" && groups.some(({ keeps }) => keeps !== undefined)) {
    refuse(
      "roll kafka is a restart: its one machine is made anew in place, and for some minutes nothing is written or read " +
        "(producers retry for two minutes, processors wait)",
    );
  }
  const isBegun = action === "roll" || (action === "start" && name !== ALL);
  if (isBegun && groups.some(({ beginsAnew }) => beginsAnew)) refuse(`${action} generator is refused: ${BEGINS_ANEW}`);
  if (action === "stop" && !environment.mayBeDestroyed) {
    refuse(`stop in ${environment.name} ends what others rely on: no events are taken, and data grow old`);
  }
}

if (require.main === module) {
  const surroundings: Surroundings = {
    variables: process.env,
    print: (line) => process.stdout.write(`${line}\n`),
    say: (line) => process.stderr.write(`${line}\n`),
    pass: (data) => process.stderr.write(data),
  };
  void vm(process.argv.slice(2), surroundings).then((code) => {
    process.exitCode = code;
  });
}
