import { properties } from "./properties";

describe("whatever the generator is given, many times", () => {
  jest.setTimeout(300_000);
  properties(250);
});
