import path from "node:path";
import { messageOf, RhythmicError } from "../runtime/support/errors";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import { REPOSITORY_ROOT } from "../stacks/constructs/bundle";
import { IMAGES, MACHINE_IMAGE } from "../stacks/constructs/images";
import { type ImagesLock, LOCK_FILE } from "../stacks/constructs/images-lock";
import { refusal, SynthesisError } from "../stacks/synthesis/synthesis-error";
import { readFlags } from "./flags";
import { askWithCredentials, newestImageOf } from "./images/machine-image";
import { findPins, readLockFile, writeLockFile } from "./images/pin";
import { DOCKER_HUB, resolveImage } from "./images/registry";

const HELP = `images: what the machines run, pinned to what stands behind the tags of stacks/constructs/images.ts.

  npm run images                  shows what ${LOCK_FILE} pins; asks nobody
  npm run images -- pin           asks Docker Hub and Google, and writes ${LOCK_FILE}
  npm run images -- pin --check   asks, writes nothing, and exits with 3 where something else would be written

  --registry URL
      Another registry of the same images. Default ${DOCKER_HUB}
  --check
      See above.
  --help
      Prints this text.

Docker Hub is asked without a login; the machines' image needs Google credentials (gcloud auth application-default
login), and stays as it is without them.
Exit codes: 0 done, 2 bad usage, 3 something newer is there (--check), 1 failure.
`;

const EXIT_NEWER = 3;

/** What a test puts in place of the world. */
export interface ImagesWorld {
  readonly lockFile: string;
  readonly askGoogle: typeof askWithCredentials;
  /** ISO 8601, UTC. */
  readonly today: string;
}

const WORLD: ImagesWorld = {
  lockFile: path.join(REPOSITORY_ROOT, LOCK_FILE),
  askGoogle: askWithCredentials,
  today: new Date().toISOString().slice(0, "2026-01-01".length),
};

/**
 * The whole command.
 * @returns what goes to standard output, and the exit code
 * @throws SynthesisError (bad usage), RhythmicError
 */
export async function images(args: readonly string[], world: ImagesWorld = WORLD) {
  const [first = "", ...rest] = args;
  const command = first === "" || first.startsWith("-") ? "show" : first;
  const flags = readFlags(command === first ? rest : [...args], { registry: { value: "URL" }, check: "alone" });
  if (flags.has("help")) return { output: HELP, code: EXIT_DONE };
  if (command !== "show" && command !== "pin") throw refusal("The command of images", command, "show, pin");
  const lock = readLockFile(world.lockFile);
  if (command === "show") {
    if (flags.has("check") || flags.has("registry")) {
      throw new SynthesisError("show asks nobody, so it takes neither --check nor --registry; they belong to pin.");
    }
    return { output: shown(lock), code: EXIT_DONE };
  }
  const registry = registryOf(flags.value("registry") ?? DOCKER_HUB);
  const { askGoogle, today } = world;
  const pinned = await findPins(lock, {
    images: IMAGES,
    family: MACHINE_IMAGE,
    resolve: (tag) => resolveImage(registry, tag),
    newest: (family) => newestImageOf(family, askGoogle),
    today,
  });
  const isWritten = pinned.isNew && !flags.has("check");
  if (isWritten) writeLockFile(world.lockFile, pinned.lock);
  const sum = isWritten
    ? `Written to ${LOCK_FILE}; commit it.`
    : pinned.isNew
      ? `${LOCK_FILE} is behind; run npm run images -- pin.`
      : "Nothing has changed.";
  return {
    output: `${[...pinned.lines, sum].join("\n")}\n`,
    code: pinned.isNew && !isWritten ? EXIT_NEWER : EXIT_DONE,
  };
}

/** @throws SynthesisError */
function registryOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isHere = parsed?.hostname === "127.0.0.1" || parsed?.hostname === "localhost";
  if (parsed === undefined || !(parsed.protocol === "https:" || (parsed.protocol === "http:" && isHere))) {
    throw refusal("--registry", url, "https://host, or http:// on this machine");
  }
  return parsed.origin;
}

function shown(lock: ImagesLock): string {
  const lines = Object.entries(IMAGES).map(([name, tag]) => {
    const pinned = lock.images[name];
    if (pinned === undefined) return `${name}: ${tag}, by its tag`;
    if (pinned.tag !== tag) return `${name}: ${tag}, but pinned is ${pinned.tag}; run npm run images -- pin`;
    return `${name}: ${tag} is ${pinned.digest} since ${pinned.pinned} (${pinned.platforms.join(", ")})`;
  });
  const { machine } = lock;
  const machineLine =
    machine === null
      ? `machine: the newest of ${MACHINE_IMAGE}`
      : machine.family === MACHINE_IMAGE
        ? `machine: ${machine.image} since ${machine.pinned}`
        : `machine: ${MACHINE_IMAGE}, but pinned is one of ${machine.family}; run npm run images -- pin`;
  return `${[...lines, machineLine].join("\n")}\n`;
}

if (require.main === module) {
  images(process.argv.slice(2)).then(
    ({ output, code }) => {
      process.stdout.write(output);
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`images: ${messageOf(error)}\n`);
      const isUsage =
        error instanceof SynthesisError || (error instanceof RhythmicError && error.exitCode === EXIT_BAD_USAGE);
      process.exitCode = isUsage ? EXIT_BAD_USAGE : EXIT_FAILED;
    },
  );
}
