import { properties } from "./properties";

/** Each is either refused in one sentence, or some hundred events of its run come within seconds. */
describe("whatever the generator is given", () => {
  jest.setTimeout(120_000);
  properties(30);
});
