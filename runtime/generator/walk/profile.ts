import type { FirstName } from "../catalog/catalog";
import { Random, STREAM } from "../random";
import { drawDevices } from "./devices";
import type { World } from "./world";

/** Who a listener is; none of it ever changes. */
export interface Profile {
  /** The user's own alpha and beta as a part of the configured means. */
  readonly alphaFactor: number;
  readonly betaFactor: number;
  readonly firstName: FirstName;
  readonly lastName: string;
  /** Index in the catalogue's places. */
  readonly place: number;
  /** Indexes in the catalogue's user agents, one a device. */
  readonly devices: readonly number[];
}

/** Draws a profile: the first numbers of a user's stream. */
export function drawProfile({ catalog, rules }: World, random: Random): Profile {
  return {
    alphaFactor: random.logNormal(),
    betaFactor: random.logNormal(),
    firstName: catalog.firstNames.draw(random),
    lastName: catalog.lastNames.draw(random),
    place: catalog.places.drawIndex(random),
    devices: drawDevices(catalog.userAgents, rules.severalDevices, random),
  };
}

/** The profile of a user, drawn again: it costs less than to be kept. */
export function profileOf(world: World, userId: number): Profile {
  return drawProfile(world, new Random(world.seed, STREAM.user, userId));
}
