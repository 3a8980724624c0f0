import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** The script that puts a bundle onto a machine, with a stand-in for curl: what it downloads is what the test says. */

const SCRIPT = path.join(__dirname, "../../../stacks/constructs/templates/fetch-bundle.sh");
const BUNDLE = "console.log('the program');\n";
const CURL = `#!/bin/sh
for url do :; done
case $url in
  */rhythmic-bundle-sha256) printf %s "$SHA256" ;;
  */rhythmic-bundle) printf %s https://storage.example/bundle.cjs ;;
  */rhythmic-environment) printf 'LAKE_URL=gs://lake\\n' ;;
  */token) printf '{"access_token":"a-token","expires_in":1}' ;;
  *)
    echo "fetched" >> "$FOLDER/fetched"
    while [ "$1" != --output ]; do shift; done
    printf %s "$CONTENTS" > "$2" ;;
esac
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "rhythmic-fetch-"));
  mkdirSync(path.join(folder, "bin"));
  writeFileSync(path.join(folder, "bin/curl"), CURL, { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

function fetchBundle(contents: string) {
  const { status, stderr } = spawnSync("sh", [SCRIPT, "processor", `${folder}/bundles`, `${folder}/settings`], {
    env: {
      PATH: `${folder}/bin:${process.env.PATH}`,
      FOLDER: folder,
      CONTENTS: contents,
      SHA256: createHash("sha256").update(BUNDLE).digest("hex"),
    },
    encoding: "utf8",
  });
  return { status, stderr };
}

const bundle = () => path.join(folder, "bundles/processor.cjs");
const fetches = () => readFileSync(path.join(folder, "fetched"), "utf8").trim().split("\n").length;

test("a bundle of the right sha256 is put in place with its settings, and not fetched again at a second boot", () => {
  expect(fetchBundle(BUNDLE)).toEqual({ status: 0, stderr: "" });
  expect(readFileSync(bundle(), "utf8")).toBe(BUNDLE);
  expect(readFileSync(path.join(folder, "settings/environment"), "utf8")).toBe("LAKE_URL=gs://lake\n");
  expect(fetchBundle("another")).toEqual({ status: 0, stderr: "" });
  expect(fetches()).toBe(1);
});

test("a bundle of another sha256 is refused, and never stands where the program would be started from", () => {
  const { status, stderr } = fetchBundle("somebody else's code");
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^rhythmic-processor: https:\/\/storage\.example\/bundle\.cjs does not have the sha256 [0-9a-f]+; not started$/m,
  );
  expect(existsSync(bundle())).toBe(false);
});

test("a bundle that somebody has changed on the disk is fetched again", () => {
  fetchBundle(BUNDLE);
  writeFileSync(bundle(), "changed");
  expect(fetchBundle(BUNDLE).status).toBe(0);
  expect(readFileSync(bundle(), "utf8")).toBe(BUNDLE);
  expect(fetches()).toBe(2);
});
