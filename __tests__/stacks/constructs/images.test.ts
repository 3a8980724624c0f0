import { IMAGES, imageOf, MACHINE_IMAGE, machineImage, unpinnedNotice } from "../../../stacks/constructs/images";
import { checkLock, type ImagesLock } from "../../../stacks/constructs/images-lock";
import { selectEnvironment } from "../../../stacks/environments";
import lockFile from "../../../stacks/images.lock.json";
import { noticesOf } from "../../../stacks/notices";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const EXACT = "projects/cos-cloud/global/images/cos-121-18867-294-1";
const entry = (tag: string) => ({ tag, digest: DIGEST, platforms: ["linux/amd64"], pinned: "2026-11-22" });
const PINNED: ImagesLock = {
  images: { node: entry(IMAGES.node), kafka: entry(IMAGES.kafka) },
  machine: { family: MACHINE_IMAGE, image: EXACT, pinned: "2026-11-22" },
};
const NOTHING: ImagesLock = { images: {}, machine: null };
const environment = selectEnvironment({});
const HOST = "us-central1-docker.pkg.dev/rhythmic-example/images";

test("an image goes by the digest that is pinned, else by its exact tag", () => {
  expect(imageOf(environment, "images", "kafka", PINNED)).toBe(`${HOST}/apache/kafka:4.3.1@${DIGEST}`);
  expect(imageOf(environment, "images", "kafka", NOTHING)).toBe(`${HOST}/apache/kafka:4.3.1`);
});

test("a machine starts from the image that is pinned, else from the newest of its family", () => {
  expect(machineImage(PINNED)).toBe(EXACT);
  expect(machineImage(NOTHING)).toBe(MACHINE_IMAGE);
});

test("one line says what is not pinned; nothing is said where all is", () => {
  expect(unpinnedNotice(NOTHING)).toBe(
    `Images are not pinned: ${IMAGES.node} and ${IMAGES.kafka} go by their tags, machines start from the newest of ` +
      "family/cos-121-lts; npm run images -- pin does it where there is a network.",
  );
  expect(unpinnedNotice({ ...PINNED, machine: null })).toMatch(/^Images are not pinned: machines start from/);
  expect(unpinnedNotice(PINNED)).toBeUndefined();
});

test("a synth says it in one line, beside the one about the example project", () => {
  const lines = noticesOf(environment).split("\n");
  const pinned = unpinnedNotice();
  expect(lines.slice(1)).toEqual(pinned === undefined ? [""] : [pinned, ""]);
  expect(lines[0]).toMatch(/^RHYTHMIC_PROJECT is not set/);
});

test("an entry of another tag or family is refused with what to do", () => {
  const old = { ...PINNED, images: { kafka: entry("apache/kafka:4.3.0") } };
  expect(() => imageOf(environment, "images", "kafka", old)).toThrow(
    "stacks/images.lock.json pins apache/kafka:4.3.0 as kafka, but stacks/constructs/images.ts names " +
      "apache/kafka:4.3.1; run npm run images -- pin, and commit the file.",
  );
  const machine = { family: "projects/cos-cloud/global/images/family/cos-117-lts", image: EXACT, pinned: "2026-11-22" };
  expect(() => machineImage({ ...PINNED, machine })).toThrow(/pins \S+cos-117-lts as machine, but .*cos-121-lts; run/);
});

test("the committed lock file is one, and pins no other tags than those in use", () => {
  const lock = checkLock(lockFile);
  expect(() => machineImage(lock)).not.toThrow();
  for (const name of Object.keys(IMAGES) as (keyof typeof IMAGES)[]) {
    expect(() => imageOf(environment, "images", name, lock)).not.toThrow();
  }
});

test.each<[string, unknown, RegExp]>([
  ["no object", null, /it has no images or machine/],
  ["no machine", { images: {} }, /it has no images or machine/],
  [
    "a digest that is none",
    { images: { kafka: { ...entry(IMAGES.kafka), digest: "sha256:latest" } }, machine: null },
    /the entry kafka has no tag, or its digest is not sha256:/,
  ],
  [
    "another platform",
    { images: { kafka: { ...entry(IMAGES.kafka), platforms: ["linux/arm64"] } }, machine: null },
    /the entry kafka is not for linux\/amd64/,
  ],
  [
    "a machine without its image",
    { images: {}, machine: { family: MACHINE_IMAGE } },
    /its machine has no family or image/,
  ],
])("a lock file with %s is refused", (_what, value, message) => {
  expect(() => checkLock(value)).toThrow(message);
});
