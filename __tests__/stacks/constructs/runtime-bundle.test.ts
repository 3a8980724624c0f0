import { RuntimeBundle } from "../../../stacks/constructs/runtime-bundle";
import { PlatformStack } from "../../../stacks/platform-stack";
import { SynthesisError } from "../../../stacks/synthesis/synthesis-error";
import { environmentFor, synthesizeOnly } from "../one-stack";

jest.mock("../../../stacks/constructs/bundle", () => ({
  ...jest.requireActual("../../../stacks/constructs/bundle"),
  buildBundle: (program: string) => {
    throw new SynthesisError(`The program ${program} does not build: main.ts:1:7: ERROR: Unexpected "}"`);
  },
}));

class Some extends PlatformStack {}

test("a program that does not build stops the synthesis with the construct's path and the compiler's words", () => {
  const declare = () =>
    synthesizeOnly((app) => {
      const environment = environmentFor("dev");
      new RuntimeBundle(new Some(app, "batch", environment), "bundle", environment, "loader");
    });
  expect(declare).toThrow(SynthesisError);
  expect(declare).toThrow('batch/bundle: The program loader does not build: main.ts:1:7: ERROR: Unexpected "}"');
});
