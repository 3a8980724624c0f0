import type { ComputeInstanceGroupManagerUpdatePolicy } from "@cdktf/provider-google/lib/compute-instance-group-manager";
import { refusal } from "../synthesis/synthesis-error";

export interface Roll {
  /** Machines that may be there beside the declared ones while a new template comes in. */
  readonly surge: number;
  /** Machines that may be missing meanwhile. */
  readonly unavailable: number;
  /** Zones of the group: ours are zonal, a regional one would have three. @default 1 */
  readonly zones?: number;
}

/**
 * How a managed group brings in a new template: at once, machine by machine. With a surge a new machine comes before
 * an old one goes; without one a machine is made anew in place, under its own name.
 * @param path construct path, for the message
 * @throws SynthesisError for what Compute Engine would refuse: a fixed surge or unavailability is 0 or at least the
 *   number of zones, both are not 0, and a machine that keeps its name has no surge
 *   (cloud.google.com/compute/docs/instance-groups/rolling-out-updates-to-managed-instance-groups)
 */
export function updatePolicy(
  path: string,
  { surge, unavailable, zones = 1 }: Roll,
): ComputeInstanceGroupManagerUpdatePolicy {
  for (const [what, count] of [["surge", surge] as const, ["unavailability", unavailable] as const]) {
    if (!Number.isInteger(count) || count < 0 || (count > 0 && count < zones)) {
      throw refusal(`${path}: the ${what} of the group`, count, `0, or at least ${zones}, the number of its zones`);
    }
  }
  if (surge === 0 && unavailable === 0) {
    throw refusal(`${path}: surge and unavailability of the group`, 0, "one of them above 0, or nothing ever rolls");
  }
  return {
    type: "PROACTIVE",
    minimalAction: "REPLACE",
    replacementMethod: surge === 0 ? "RECREATE" : "SUBSTITUTE",
    maxSurgeFixed: surge,
    maxUnavailableFixed: unavailable,
  };
}
