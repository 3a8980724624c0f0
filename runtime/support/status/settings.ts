import { integer, optional, type SettingsOf, text, withDefault } from "../settings";

/** The settings by which a long-running program tells whether it does its work: /healthz, /readyz and /metrics. */

export const statusPort = optional(
  integer({
    flag: "status-port",
    description: "Port of /healthz, /readyz and /metrics; none of them where it is left out. 0 takes any free one.",
    minimum: 0,
    maximum: 65_535,
  }),
);

export const statusAddress = withDefault(
  text({
    flag: "status-address",
    description: "The one address of this machine at which they are answered.",
    allowed: "one address of this machine, such as 127.0.0.1; 0.0.0.0 and :: would be all of them",
    // Only zeros are all addresses, however they are written: the status would be answered where nobody meant it.
    pattern: "^(?=.*[1-9a-fA-F])[0-9a-fA-F.:]+$",
  }),
  "127.0.0.1",
);

/** What a program with both of them is given. */
export type StatusSettings = SettingsOf<{
  readonly STATUS_ADDRESS: typeof statusAddress;
  readonly STATUS_PORT: typeof statusPort;
}>;
