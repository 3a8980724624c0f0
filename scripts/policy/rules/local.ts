import { hasLocalStack } from "../../../stacks/local-stack";
import type { SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import { blocks, findingAt, forEach, mustBe, mustHold, type Rule, texts } from "../rule";

/** The containers of the local stack are as closed as the machines. */

const CONTAINER = "docker_container";
const LOOPBACK = "127.0.0.1";

function labelOf({ attributes }: SynthesizedResource, label: string): unknown {
  return blocks(attributes.labels).find((one) => one.label === label)?.value;
}

export const LOCAL: readonly Rule[] = [
  {
    name: "Containers can be reached from this machine alone",
    why: "A port that is published on every address is open to everybody in the same network.",
    source: "https://docs.docker.com/engine/network/port-publishing/",
    appliesTo: hasLocalStack,
    check: (platform) =>
      forEach(platform, CONTAINER, (container) => [
        mustHold(
          container,
          "ports",
          () => blocks(container.attributes.ports).every(({ ip }) => ip === LOOPBACK),
          `published at ${LOOPBACK} only`,
        ),
        mustBe(container, "network_mode", undefined),
        mustBe(container, "publish_all_ports", undefined),
      ]),
  },
  {
    name: "Containers have no more rights than the programs have on their machines",
    why: "A program that is broken into must find nothing but itself.",
    appliesTo: hasLocalStack,
    check: (platform) =>
      forEach(platform, CONTAINER, (container) => [
        mustHold(container, "user", (user) => /^[1-9]\d*:[1-9]\d*$/.test(String(user)), "an ordinary user's number"),
        mustBe(container, "read_only", true),
        mustBe(container, "privileged", undefined),
        mustHold(container, "capabilities.drop", (drop) => texts(drop).join() === "ALL", "all dropped"),
        mustHold(container, "capabilities.add", (add) => texts(add).length === 0, "none added"),
        mustHold(
          container,
          "security_opts",
          () => texts(container.attributes.security_opts).includes("no-new-privileges"),
          "no-new-privileges",
        ),
      ]),
  },
  {
    name: "Containers see their own bundle and their own volumes, and change nothing of this machine",
    why: "A folder of this machine that a container can write is a way out of it.",
    appliesTo: hasLocalStack,
    check: (platform) =>
      forEach(platform, CONTAINER, (container) =>
        blocks(container.attributes.volumes)
          .filter(({ host_path, read_only }) => host_path !== undefined && read_only !== true)
          .map((volume) => findingAt(container, volume.host_path, "a folder that it can only read")),
      ),
  },
  {
    name: "A container runs exactly the bundle whose sha256 it names",
    why: "Only then does a changed program replace its container.",
    appliesTo: hasLocalStack,
    check: (platform) =>
      forEach(platform, CONTAINER, (container) => {
        const program = labelOf(container, "rhythmic.program");
        if (program === undefined) return [];
        const mounted = blocks(container.attributes.volumes).map(({ host_path }) => String(host_path));
        const file = `/${labelOf(container, "rhythmic.bundle-sha256")}/${program}.cjs`;
        return mounted.some((host) => host.includes(file)) ? [] : [findingAt(container, mounted.join(), `...${file}`)];
      }),
  },
];
