import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { messageOf, systemCodeOf } from "../../runtime/support/errors";
import { type Arguments, lineOf } from "./commands";
import { explain, VmError } from "./problems";

/** gcloud, as the commands use it. Every call says on standard error what it runs, before it runs it. */
export interface Gcloud {
  /**
   * Runs a command that asks nothing back.
   * @returns what it printed on standard output
   * @throws VmError
   */
  read(command: Arguments): Promise<string>;
  /**
   * Runs a command with this terminal's input and output; what it says on standard error is shown too.
   * @throws VmError
   */
  run(command: Arguments): Promise<void>;
}

/**
 * Prompts would wait for an answer that nobody sees; gcloud takes its default instead
 * (cloud.google.com/sdk/docs/properties, core/disable_prompts).
 */
const WITHOUT_PROMPTS = { CLOUDSDK_CORE_DISABLE_PROMPTS: "1" };

/**
 * @param project for the sentences about what goes wrong
 * @param environment of the process: PATH, and gcloud's own variables
 * @param say writes a line to standard error
 * @param pass writes what gcloud itself says on standard error
 */
export function gcloudOf(
  project: string,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
  pass: (data: Buffer) => void,
): Gcloud {
  const start = (command: Arguments, isTerminals: boolean) => {
    say(`$ ${lineOf(command)}`);
    const child = spawn("gcloud", command, {
      env: isTerminals ? environment : { ...environment, ...WITHOUT_PROMPTS },
      stdio: isTerminals ? ["inherit", "inherit", "pipe"] : ["ignore", "pipe", "pipe"],
    });
    return { child, ended: endOf(child) };
  };
  const check = (command: Arguments, code: number, stderr: string) => {
    if (code !== 0) throw explain(command, code, stderr, project);
  };
  return {
    async read(command) {
      const { child, ended } = start(command, false);
      const stdout = textOf(child.stdout);
      const stderr = textOf(child.stderr);
      check(command, await ended, stderr());
      return stdout();
    },
    async run(command) {
      const { child, ended } = start(command, true);
      const stderr = textOf(child.stderr);
      // Both the person, who may be asked something, and the explanation of a failure need it.
      child.stderr?.on("data", pass);
      check(command, await ended, stderr());
    },
  };
}

/** Runs nothing: prints each command on a line of its own, so that the lines can be copied. What it reads is empty. */
export function dryGcloud(print: (line: string) => void): Gcloud {
  return {
    read: async (command) => {
      print(lineOf(command));
      return "";
    },
    run: async (command) => print(lineOf(command)),
  };
}

function textOf(stream: Readable | null): () => string {
  const parts: Buffer[] = [];
  stream?.on("data", (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString();
}

/** @returns the exit code; 128 where a signal ended it */
function endOf(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      const missing = systemCodeOf(error) === "ENOENT";
      reject(
        new VmError(
          missing
            ? "There is no gcloud on the PATH; install the Google Cloud CLI (cloud.google.com/sdk/docs/install), then this again."
            : `gcloud can't be started: ${messageOf(error)}`,
          { cause: error },
        ),
      );
    });
    child.once("close", (code) => resolve(code ?? 128));
  });
}
