import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { reviewAgainst } from "../../../scripts/review";
import { HELP, parseOptions } from "../../../scripts/review/options";
import { findBase } from "../../../scripts/review/repository";
import { SynthesisError } from "../../../stacks/synthesis/synthesis-error";
import { runNode } from "../../support/program";

describe("the flags", () => {
  test("nothing has to be chosen", () => {
    expect(parseOptions([], {})).toEqual({
      help: false,
      json: false,
      against: undefined,
      environment: "dev",
      plans: [],
    });
    expect(parseOptions([], { RHYTHMIC_ENV: "prod" }).environment).toBe("prod");
    expect(parseOptions(["--environment", "prod"], { RHYTHMIC_ENV: "dev" }).environment).toBe("prod");
  });

  test("a plan is named after its file unless a name is given", () => {
    const { plans } = parseOptions(["--plan", "out/lake.plan.json", "--plan=kafka=x.json"], {});
    expect(plans).toEqual([
      { stack: "lake", file: "out/lake.plan.json" },
      { stack: "kafka", file: "x.json" },
    ]);
  });

  test.each<[readonly string[], RegExp]>([
    [["--out", "x"], /^There is no flag or argument --out; allowed: --against REF, /],
    [["--agianst", "x"], /^There is no flag or argument --agianst \(did you mean --against\?\); allowed/],
    [["main"], /^There is no flag or argument main; allowed/],
    [["--against"], /^--against needs a value; allowed/],
    [["--environment", "test"], /^--environment is "test"; allowed: dev or prod\.$/],
    [["--plan", "x", "--against", "main"], /^--plan and --against exclude each other/],
  ])("%j is refused in one sentence", (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(message);
    expect(() => parseOptions(args, {})).toThrow(SynthesisError);
  });
});

describe("the commit to compare with", () => {
  let root: string;
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
      cwd: root,
      encoding: "utf8",
    }).trim();
  const commit = (text: string) => {
    writeFileSync(path.join(root, "file"), text);
    git("add", "file");
    git("commit", "--quiet", "--message", text);
    return git("rev-parse", "HEAD");
  };
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "rhythmic-git-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("is where HEAD left main, as a pull request means it", () => {
    git("init", "--quiet", "--initial-branch", "main");
    const first = commit("one");
    git("checkout", "--quiet", "-b", "feature");
    commit("two");
    git("checkout", "--quiet", "main");
    commit("three");
    git("checkout", "--quiet", "feature");
    expect(findBase(root, undefined)).toMatchObject({ ref: "main", commit: first, isHead: false, dirty: false });
    writeFileSync(path.join(root, "new"), "");
    expect(findBase(root, "main").dirty).toBe(true);
  });

  test("is HEAD where main holds it already, and then a clean tree has nothing to compare", async () => {
    git("init", "--quiet", "--initial-branch", "main");
    commit("one");
    expect(findBase(root, undefined)).toMatchObject({ isHead: true, dirty: false });
    const review = await reviewAgainst({ against: undefined, environment: "dev" }, root);
    expect(review.stacks).toEqual([]);
    expect(review.notes).toEqual([expect.stringMatching(/^Nothing was compared: main holds [0-9a-f]{10} already /)]);
  });

  test.each<[string, () => string | undefined, RegExp]>([
    ["no repository", () => undefined, /is not a git repository; a review compares/],
    [
      "no commit",
      () => {
        git("init", "--quiet");
        return undefined;
      },
      /^There is no commit yet/,
    ],
    [
      "an unknown commit",
      () => {
        git("init", "--quiet", "--initial-branch", "main");
        commit("one");
        return "nosuch";
      },
      /^There is no commit "nosuch" in this repository; give a branch, a tag or a commit with --against\.$/,
    ],
    [
      "no main",
      () => {
        git("init", "--quiet", "--initial-branch", "trunk");
        commit("one");
        return undefined;
      },
      /^There is neither origin\/main nor main in this repository/,
    ],
    [
      "what would be a flag",
      () => {
        git("init", "--quiet", "--initial-branch", "main");
        commit("one");
        return "--all";
      },
      /^There is no commit "--all"/,
    ],
    [
      "another history",
      () => {
        git("init", "--quiet", "--initial-branch", "main");
        commit("one");
        git("checkout", "--quiet", "--orphan", "other");
        commit("two");
        return "main";
      },
      /^HEAD and main have no commit in common; fetch the whole history/,
    ],
  ])("%s is refused in one sentence", (_, prepare, message) => {
    const ref = prepare();
    expect(() => findBase(root, ref)).toThrow(message);
  });
});

describe("the command", () => {
  const run = async (...args: string[]) => {
    const program = runNode(["--require", "tsx/cjs", "scripts/review.ts", ...args]);
    const { code } = await program.ended;
    return { code, stdout: program.stdout(), stderr: program.stderr() };
  };

  test("explains itself, exit codes included", async () => {
    expect(await run("--help")).toEqual({ code: 0, stdout: HELP, stderr: "" });
    for (const code of [0, 1, 2, 3, 4]) expect(HELP).toMatch(new RegExp(`\\b${code} \\w+`));
  });

  test("ends with 2 for bad usage and with 1 for a file that holds no plan", async () => {
    expect(await run("--environment", "test")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^review: --env.*\n$/),
    });
    expect(await run("--plan", "package.json")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^review: .*\n$/),
    });
  });
});
