import { type Surroundings, vm } from "../../../scripts/vm";
import type { StandInGcloud } from "./stand-in-gcloud";

/** How a run of the command went. */
export interface VmRun {
  readonly code: number;
  readonly stdout: string;
  /** Lines. */
  readonly stderr: readonly string[];
  /** What gcloud itself said on standard error. */
  readonly passed: string;
  /** What gcloud was asked. */
  readonly calls: readonly string[][];
}

/** Runs the command in this process, with the stand-in as the only program on the PATH. */
export async function runVm(
  gcloud: StandInGcloud,
  line: string,
  variables: Readonly<Record<string, string>> = { RHYTHMIC_PROJECT: "acme-music" },
): Promise<VmRun> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const passed: string[] = [];
  const surroundings: Surroundings = {
    variables: { PATH: gcloud.path, ...variables },
    print: (text) => stdout.push(text),
    say: (text) => stderr.push(text),
    pass: (data) => passed.push(data.toString()),
  };
  const code = await vm(line === "" ? [] : line.split(" "), surroundings);
  return { code, stdout: stdout.join("\n"), stderr, passed: passed.join(""), calls: gcloud.calls() };
}
