import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EnvironmentName } from "../../stacks/environment-record";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import { pythonWith } from "../setup/python";
import type { CheckovSkip } from "./checkov-skips";
import type { RuleFinding } from "./judge";

/**
 * Checkov over a synth. It ends with 0 also where a check of its own crashed or a file could not be read, so what it
 * says on standard error and how much it judged count too.
 */

export const CHECKOV = "checkov==3.3.30";
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
/** What Checkov writes where a check crashed or a block was left out, the most telling first. */
const SIGNS_OF_A_CRASH = [/Failed to run check .*/, /Failed to .*/, /\[ERROR\].*/, /Traceback .*/];
const MESSAGE_CHARACTERS_MAX = 200;

/** Checkov could not judge, or judged less than there is. */
export class CheckovError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CheckovError";
  }
}

/** One judgement of Checkov about one resource. */
export interface CheckovRecord {
  /** Such as CKV_GCP_62. */
  readonly check: string;
  /** Checkov's own sentence. */
  readonly sentence: string;
  readonly stack: string;
  /** `<type> <construct path>`, as our own findings say it. */
  readonly where: string;
}

export interface CheckovRun {
  readonly version: string;
  readonly passed: readonly CheckovRecord[];
  readonly failed: readonly CheckovRecord[];
}

export interface CheckovVerdict {
  readonly findings: readonly RuleFinding[];
  /** What a skip explains. */
  readonly skipped: readonly (CheckovRecord & { readonly reason: string })[];
}

/** The parts of Checkov's JSON that are read. */
interface Output {
  readonly results: {
    readonly passed_checks: readonly OutputRecord[];
    readonly failed_checks: readonly OutputRecord[];
    readonly parsing_errors: readonly string[];
  };
  readonly summary: { readonly checkov_version: string };
}

interface OutputRecord {
  readonly check_id: string;
  readonly check_name: string;
  /** Below the folder: `/stacks/<stack>/cdk.tf.json`. */
  readonly file_path: string;
  /** `resource.<id>`, or from checks over several resources `<type>.<id>`. */
  readonly resource: string;
}

/**
 * Runs Checkov, which is installed once where it is missing.
 * @param folder a whole synth
 * @throws CheckovError where a check crashed, a file was not understood, or a stack was not looked at
 */
export function runCheckov(folder: string, platform: SynthesizedPlatform): CheckovRun {
  const { stdout, stderr } = startCheckov(folder);
  const crash = SIGNS_OF_A_CRASH.map((sign) => sign.exec(stderr)?.[0]).find((sign) => sign !== undefined);
  if (crash !== undefined) {
    throw new CheckovError(
      `Checkov crashed and hides what it would have found: ${crash.slice(0, MESSAGE_CHARACTERS_MAX)}`,
    );
  }
  const { results, summary } = parseOutput(stdout);
  if (results.parsing_errors.length > 0) {
    throw new CheckovError(
      `Checkov could not read ${results.parsing_errors.map((file) => path.relative(folder, file)).join(", ")}.`,
    );
  }
  const passed = results.passed_checks.map((record) => recordOf(record, platform));
  const failed = results.failed_checks.map((record) => recordOf(record, platform));
  requireWholeRun([...passed, ...failed], platform);
  return { version: summary.checkov_version, passed, failed };
}

function startCheckov(folder: string): { readonly stdout: string; readonly stderr: string } {
  const python = python3();
  // A home of its own: a person's configuration file would change what is checked.
  const home = mkdtempSync(path.join(tmpdir(), "rhythmic-checkov-"));
  try {
    const { stdout, stderr, error } = spawnSync(
      python,
      [
        path.join(path.dirname(python), "checkov"),
        ...["--directory", folder, "--framework", "terraform_json", "--skip-download", "--output", "json"],
      ],
      {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: home, LOG_LEVEL: "WARNING", PYTHONUTF8: "1" },
        encoding: "utf8",
        maxBuffer: OUTPUT_BYTES_MAX,
      },
    );
    if (error !== undefined) throw new CheckovError(`Checkov could not be started: ${error.message}`);
    return { stdout, stderr };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function python3(): string {
  try {
    return pythonWith([CHECKOV]);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new CheckovError(
      `Checkov needs python3 with pip, which did not work (${reason}); --no-checkov judges by our own rules alone.`,
    );
  }
}

function parseOutput(stdout: string): Output {
  try {
    const output = JSON.parse(stdout) as Output;
    if (!Array.isArray(output.results.passed_checks)) throw new Error("no results");
    return output;
  } catch {
    throw new CheckovError(`Checkov did not answer with its results but with: ${stdout.slice(0, 200)}`);
  }
}

function recordOf(
  { check_id, check_name, file_path, resource }: OutputRecord,
  platform: SynthesizedPlatform,
): CheckovRecord {
  const stack = file_path.split("/").at(-2) ?? "";
  const [prefix, id] = [resource.slice(0, resource.indexOf(".")), resource.slice(resource.indexOf(".") + 1)];
  const found = platform.resources.filter(
    (candidate) =>
      candidate.stack === stack && candidate.id === id && (prefix === "resource" || prefix === candidate.type),
  );
  const where = found.map(({ type, path: constructPath }) => `${type} ${constructPath}`).join(" or ");
  return { check: check_id, sentence: check_name, stack, where: where === "" ? resource : where };
}

/** Types of resources that Checkov has checks for; there are none for containers, metrics or alerts. */
const JUDGED_TYPES = [
  "google_artifact_registry_repository",
  "google_bigquery_table",
  "google_compute_firewall",
  "google_compute_instance_template",
  "google_storage_bucket",
];

/** Checkov ends well over files that it did not understand; then there are no judgements about them. */
function requireWholeRun(records: readonly CheckovRecord[], platform: SynthesizedPlatform): void {
  const judged = new Set(records.map(({ stack, where }) => `${stack} ${where}`));
  const unjudged = platform.resources
    .filter(({ type }) => JUDGED_TYPES.includes(type))
    .map(({ stack, type, path: constructPath }) => `${stack} ${type} ${constructPath}`)
    .filter((place) => !judged.has(place));
  if (unjudged.length > 0) throw new CheckovError(`Checkov judged nothing about ${unjudged.join(", ")}.`);
}

/**
 * Sorts what failed into findings and what a skip explains. A skip that explains nothing any more is a finding, since
 * it would hide the next mistake.
 */
export function explain(
  failed: readonly CheckovRecord[],
  skips: readonly CheckovSkip[],
  environment: EnvironmentName,
): CheckovVerdict {
  const here = skips.filter((skip) => skip.environment === undefined || skip.environment === environment);
  const skipOf = (record: CheckovRecord) => here.find((skip) => explains(skip, record));
  const findings = failed
    .filter((record) => skipOf(record) === undefined)
    .map(({ check, sentence, stack, where }) => ({
      rule: `${check}: ${sentence}`,
      stack,
      where,
      given: "failed",
      allowed: "a resource that passes, or a skip with its reason in scripts/policy/checkov-skips.ts",
    }));
  const unused = here
    .filter((skip) => !failed.some((record) => explains(skip, record)))
    .map((skip) => ({
      rule: "Every skip of a check explains something",
      stack: "the platform",
      where: `${skip.check} ${skip.where}`,
      given: "a skip that matches nothing",
      allowed: "its removal from scripts/policy/checkov-skips.ts",
    }));
  const skipped = failed.flatMap((record) => {
    const reason = skipOf(record)?.reason;
    return reason === undefined ? [] : [{ ...record, reason }];
  });
  return { findings: [...findings, ...unused], skipped };
}

function explains({ check, where }: CheckovSkip, record: CheckovRecord): boolean {
  return check === record.check && where.test(`${record.stack} ${record.where}`);
}
