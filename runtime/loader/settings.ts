import { lakeUrl } from "../lake/settings";
import { boolean, integer, optional, type SettingsOf, withDefault } from "../support/settings";
import { statusAddress, statusPort } from "../support/status/settings";
import { warehouseUrl } from "../warehouse/settings";

/** Settings of the loader. The lake's and the warehouse's places are common to several programs. */
export const loaderSettings = {
  LAKE_URL: lakeUrl,
  WAREHOUSE_URL: warehouseUrl,
  LOADER_ONCE: withDefault(
    boolean({ description: "Loads what the lake holds now, and ends; otherwise goes on until it is stopped." }),
    false,
  ),
  LOADER_INTERVAL_MS: withDefault(
    integer({
      description: "Milliseconds between two looks at the lake.",
      minimum: 100,
      maximum: 86_400_000,
    }),
    60_000,
  ),
  LOADER_MEMORY_MB: withDefault(
    integer({
      description: "Megabytes that DuckDB may take for its buffers; the process needs a few hundred more.",
      minimum: 128,
      maximum: 1_048_576,
    }),
    1_024,
  ),
  LOADER_THREADS: withDefault(integer({ description: "Threads that DuckDB may use.", minimum: 1, maximum: 256 }), 2),
  LOADER_STAGING_EXPIRY_DAYS: optional(
    integer({
      description:
        "Days that the warehouse keeps an hour of staging; older hours are counted as expired and not loaded. Left out: every hour is kept.",
      minimum: 1,
      maximum: 100_000,
    }),
  ),
  STATUS_ADDRESS: statusAddress,
  STATUS_PORT: statusPort,
};

export type LoaderSettings = SettingsOf<typeof loaderSettings>;
