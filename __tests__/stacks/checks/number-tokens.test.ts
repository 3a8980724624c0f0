import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ComputeInstanceGroupManager } from "@cdktf/provider-google/lib/compute-instance-group-manager";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import { App, TerraformCount } from "cdktf";
import { selectEnvironment } from "../../../stacks/environments";
import { PlatformStack } from "../../../stacks/platform-stack";

/** A stack with a group, whose size is known at deployment only, and an account that may misuse it. */
function synthesize(displayName: (group: ComputeInstanceGroupManager) => string, count?: TerraformCount): void {
  const outdir = mkdtempSync(path.join(tmpdir(), "rhythmic-tokens-"));
  class TokenStack extends PlatformStack {}
  const app = new App({ outdir, stackTraces: false });
  const stack = new TokenStack(app, "tokens", selectEnvironment({}));
  const group = new ComputeInstanceGroupManager(stack, "group", {
    name: "group",
    baseInstanceName: "group",
    version: [{ instanceTemplate: "template" }],
  });
  new ServiceAccount(stack, "account", { accountId: "some-account", displayName: displayName(group), count });
  try {
    app.synth();
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

test("a number that is known at deployment only is refused inside a text, with the construct's path", () => {
  expect(() => synthesize((group) => `group-${group.targetSize}`)).toThrow(
    /^tokens\/account: display_name is "group--8\.1.*e\+298"; allowed: a text without a number/,
  );
  const count = TerraformCount.of(3);
  expect(() => synthesize(() => `account-${count.index}`, count)).toThrow(/tokens\/account: display_name/);
});

test("texts that are known at deployment only, and ordinary numbers, pass", () => {
  expect(() => synthesize((group) => `${group.name} of ${group.targetSize}, -1.5e+30 and 298`)).not.toThrow();
});
