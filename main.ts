import type { App } from "cdktf";
import { BatchStack } from "./stacks/batch-stack";
import type { Environment } from "./stacks/environment-record";
import { selectEnvironment } from "./stacks/environments";
import { FoundationStack } from "./stacks/foundation-stack";
import { KafkaStack } from "./stacks/kafka-stack";
import { LakeStack } from "./stacks/lake-stack";
import { hasLocalStack, LocalStack } from "./stacks/local-stack";
import { NetworkStack } from "./stacks/network-stack";
import { noticesOf } from "./stacks/notices";
import { ObservabilityStack } from "./stacks/observability-stack";
import { StreamStack } from "./stacks/stream-stack";
import { SynthesisError } from "./stacks/synthesis/synthesis-error";
import { synthesizeInto } from "./stacks/synthesis/synthesize";
import { WarehouseStack } from "./stacks/warehouse-stack";

/** The platform: the stores first, then what moves data between them. */
export function declarePlatform(app: App, environment: Environment): void {
  const foundation = new FoundationStack(app, environment);
  const network = new NetworkStack(app, environment, { foundation });
  const lake = new LakeStack(app, environment, { foundation });
  const warehouse = new WarehouseStack(app, environment, { foundation, lake });
  const kafka = new KafkaStack(app, environment, { foundation, network });
  new StreamStack(app, environment, { network, kafka, lake });
  new BatchStack(app, environment, { network, lake, warehouse });
  new ObservabilityStack(app, environment, { foundation });
  if (hasLocalStack(environment)) new LocalStack(app, environment);
}

// As `cdktf synth` runs it; `npm run synth` and the tests call the function.
if (require.main === module) {
  try {
    const environment = selectEnvironment();
    process.stderr.write(noticesOf(environment));
    synthesizeInto((app) => declarePlatform(app, environment));
  } catch (error) {
    if (!(error instanceof SynthesisError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
