/**
 * `npm test` runs every `*.test.ts`; files named `*.long.test.ts` need more than Node, a JDK and Maven (or more
 * time) and run in `npm run test:all` only.
 * @type {import("jest").Config}
 */
module.exports = {
  rootDir: __dirname,
  testEnvironment: "node",
  roots: ["<rootDir>/__tests__"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/cdktf.out/"],
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out", "<rootDir>/.rhythmic"],
  transform: {
    "\\.[cm]?[jt]s$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  // hyparquet and what belongs to it are published as ES modules only, which Jest's own module loader cannot require.
  transformIgnorePatterns: ["/node_modules/(?!hyparquet|hysnappy)"],
  // Much of the time the tests wait for servers, so that a core per worker is not too many.
  maxWorkers: "100%",
  testTimeout: 30_000,
  // Every suite prints its time.
  slowTestThreshold: 0,
};
