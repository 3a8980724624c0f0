import type { Attributes, SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { blocks } from "../attributes";

/** The blocks of a name: Terraform's JSON has one as an object, several as a list. */
export function blocksOf(attributes: Attributes, name: string): readonly Attributes[] {
  return blocks(attributes[name]);
}

/** The address that a reference such as `${google_compute_disk.kafka_data_57D2E8A7.id}` leads to. */
const REFERENCE = /^\$\{([a-z0-9_]+)\.([A-Za-z0-9_-]+)\.[a-z_]+\}$/;

/** The resource of the same stack that an attribute refers to. */
export function referredBy(
  platform: SynthesizedPlatform,
  from: SynthesizedResource,
  reference: unknown,
): SynthesizedResource | undefined {
  const [, type, id] = REFERENCE.exec(String(reference)) ?? [];
  return platform.resources.find(
    (resource) => resource.stack === from.stack && resource.type === type && resource.id === id,
  );
}

/** Where a resource stands, for a person. */
export function placeOf({ stack, path }: SynthesizedResource): string {
  return `${stack}/${path}`;
}
