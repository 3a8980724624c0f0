import type { Random } from "../random";
import type { Weighted } from "../weighted";

/** A person with a phone, a computer at home and one at work is seen with three browsers. */
export const DEVICES_MAX = 3;
/** Shares of users with one, two and three devices: up to this random number. */
const ONE_UP_TO = 0.45;
const TWO_UP_TO = 0.85;
/** Share of the sessions on the first device, and of the others on the second where there are three. */
const FIRST_SHARE = 0.65;
const SECOND_SHARE = 0.7;

/**
 * The browsers of a user's devices. Each is drawn by the catalogue's weights, so that the mix of browsers over all
 * events is the catalogue's, however many devices there are.
 * @param several may there be more than one?
 * @returns indexes in the catalogue
 */
export function drawDevices(userAgents: Weighted<string>, several: boolean, random: Random): readonly number[] {
  if (!several) return [userAgents.drawIndex(random)];
  const u = random.uniform();
  const count = u < ONE_UP_TO ? 1 : u < TWO_UP_TO ? 2 : DEVICES_MAX;
  return Array.from({ length: count }, () => userAgents.drawIndex(random));
}

/** The device of a session, from 0 to before `count`; one number is drawn for each but the last. */
export function drawDevice(count: number, random: Random): number {
  if (count < 2 || random.uniform() < FIRST_SHARE) return 0;
  return count < DEVICES_MAX || random.uniform() < SECOND_SHARE ? 1 : 2;
}
