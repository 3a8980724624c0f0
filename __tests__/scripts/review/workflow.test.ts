import { readFileSync } from "node:fs";
import path from "node:path";
import { parseOptions } from "../../../scripts/review/options";
import { ROOT } from "../../support/program";

const WORKFLOW = readFileSync(path.join(ROOT, ".github/workflows/review.yml"), "utf8");
const GUIDE = readFileSync(path.join(ROOT, "docs/review.md"), "utf8");

/** The text of a job, by its name. */
function jobOf(name: string): string {
  const [, job = ""] = WORKFLOW.split(new RegExp(`^  ${name}:$`, "m"));
  return job.split(/^ {2}[\w-]+:$/m)[0] ?? "";
}

test("every action has a version, and none is a key", () => {
  const actions = [...WORKFLOW.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
  expect(actions.length).toBeGreaterThan(6);
  for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
  expect(WORKFLOW).not.toMatch(/secrets\.|credentials_json|_KEY\b/);
});

test("the job that runs the request's code can only read, and the one that writes runs none of it", () => {
  expect(WORKFLOW).toMatch(/^permissions:\n {2}contents: read\n/m);
  expect(jobOf("review")).toContain("npm run");
  expect(jobOf("review")).not.toMatch(/permissions:|GH_TOKEN|id-token/);
  expect(jobOf("comment")).toContain("pull-requests: write");
  expect(jobOf("comment")).not.toMatch(/checkout|npm /);
  expect(jobOf("plan")).toMatch(/permissions:\n {6}contents: read\n {6}id-token: write\n/);
});

test("a label counts only for what was there when it was set", () => {
  expect(jobOf("looked-at")).toMatch(
    /looked == 'danger' && \(github\.event\.action == 'synchronize' \|\|\s+!contains\(github\.event\.pull_request\.labels/,
  );
  expect(jobOf("comment")).toMatch(
    /action == 'synchronize' && contains\(.*'looked-at'\)\n[\s\S]*--method DELETE "\$LABEL"/,
  );
});

test("the whole history is fetched, since the review looks for the commit where the branch began", () => {
  expect(jobOf("review")).toContain("fetch-depth: 0");
});

test("no text of a request becomes a command", () => {
  for (const [, script] of WORKFLOW.matchAll(/run: \|\n((?: {10}.*\n|\n)+)/g)) expect(script).not.toContain("${{");
});

test("the flags that the workflow and the guide name are flags", () => {
  const commands = [...`${WORKFLOW}\n${GUIDE}`.matchAll(/npm run (?:--silent )?review -- ([^#>\n\\]*)/g)];
  expect(commands.length).toBeGreaterThan(4);
  for (const [, text = ""] of commands) {
    const args = text.trim().replaceAll('"$environment"', "dev").replaceAll('"', "").split(" ");
    const known = args.filter((argument) => !argument.startsWith("${"));
    expect(() => parseOptions(known, {})).not.toThrow();
  }
});

test("the variables of the workflow are those of the guide", () => {
  const variables = new Set([...WORKFLOW.matchAll(/vars\.(\w+)/g)].map(([, name]) => name));
  expect([...variables].filter((name) => !GUIDE.includes(`\`${name}\``))).toEqual([]);
});
