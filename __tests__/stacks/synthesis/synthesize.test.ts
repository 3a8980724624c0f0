import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import type { App } from "cdktf";
import { PlatformStack } from "../../../stacks/platform-stack";
import { synthesizeInto } from "../../../stacks/synthesis/synthesize";
import { readPlatform } from "../../../stacks/synthesis/synthesized";
import { environmentFor } from "../one-stack";

class Some extends PlatformStack {}

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(path.join(tmpdir(), "rhythmic-synthesize-"));
});
afterEach(() => rmSync(outdir, { recursive: true }));

/** A stack an id, with an account each. */
const declare =
  (ids: readonly string[], accountIdOf = (id: string) => `rhythmic-dev-${id}`) =>
  (app: App) => {
    for (const id of ids) {
      new ServiceAccount(new Some(app, id, environmentFor("dev")), "account", { accountId: accountIdOf(id) });
    }
  };
const stacksOf = () => readPlatform(outdir).stacks.map(({ name }) => name);

test("a synth that is refused half-way leaves nothing that could be taken for a whole one", () => {
  synthesizeInto(declare(["one"]), outdir);
  expect(stacksOf()).toEqual(["one"]);
  expect(() =>
    synthesizeInto(
      declare(["one", "two"], () => "too_short"),
      outdir,
    ),
  ).toThrow(/^one\/account: account_id/);
  expect(existsSync(path.join(outdir, "manifest.json"))).toBe(false);
  expect(stacksOf).toThrow(/manifest.json is not the output of a whole synth .*; run npm run synth\.$/);
});

test("a stack that is gone leaves no folder behind", () => {
  synthesizeInto(declare(["one", "two"]), outdir);
  synthesizeInto(declare(["two"]), outdir);
  expect(stacksOf()).toEqual(["two"]);
  expect(existsSync(path.join(outdir, "stacks/one"))).toBe(false);
});

test("two stacks that declare the same thing are refused, and leave nothing", () => {
  expect(() =>
    synthesizeInto(
      declare(["one", "two"], () => "rhythmic-dev-loader"),
      outdir,
    ),
  ).toThrow(
    'two/account: account_id is "rhythmic-dev-loader"; ' +
      "allowed: what no other google_service_account has; one/account has it.",
  );
  expect(existsSync(path.join(outdir, "manifest.json"))).toBe(false);
});
