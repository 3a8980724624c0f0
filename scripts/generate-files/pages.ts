import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Blocks, fillBlocks } from "./blocks";
import { costBlocks } from "./cost-blocks";
import { deployBlocks } from "./deploy-blocks";
import { grantBlocks } from "./grant-blocks";
import { machineBlocks } from "./machine-blocks";
import { metricsBlocks } from "./metrics-blocks";
import { personalBlocks } from "./personal-data";
import type { Environments } from "./platforms";
import { retentionBlocks } from "./retention-blocks";
import { gcpBlocks, kafkaBlocks } from "./settings-blocks";

const ROOT = join(__dirname, "../..");

/** The pages with generated parts, below the repository's root, and where their parts come from. */
const PAGES: Readonly<Record<string, (environments: Environments) => Blocks>> = {
  "docs/deploy.md": (environments) => ({ ...costBlocks(environments), ...deployBlocks(environments) }),
  "docs/security.md": (environments) => ({
    ...grantBlocks(environments),
    ...personalBlocks(),
    ...retentionBlocks(environments),
  }),
  "docs/machines.md": machineBlocks,
  "docs/metrics.md": metricsBlocks,
  "docs/gcp_optimization.md": gcpBlocks,
  "docs/kafka_optimization.md": kafkaBlocks,
};

/** The pages that a person writes and that quote the platform: each with its text as it must be. */
export function quotingPages(environments: Environments): [name: string, text: string][] {
  return Object.entries(PAGES).map(([page, blocksOf]) => [
    page,
    fillBlocks(page, readFileSync(join(ROOT, page), "utf8"), blocksOf(environments)),
  ]);
}
