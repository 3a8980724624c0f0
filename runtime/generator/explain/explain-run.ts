import { simulationOf } from "../generate";
import type { Inputs } from "../inputs";
import type { GeneratorSettings } from "../settings";
import { explain } from "./explain";

/** What a run with these settings would do, as Markdown; nothing is opened or written. */
export function explainRun(settings: GeneratorSettings, inputs: Omit<Inputs, "destination" | "saved">): string {
  const { configuration, catalog, incidents } = inputs;
  const eventsimCompat = settings.GENERATOR_EVENTSIM_COMPAT;
  return explain({
    ...inputs,
    settings,
    simulate: (plan) => simulationOf({ plan, configuration, catalog, incidents, eventsimCompat }),
  });
}
