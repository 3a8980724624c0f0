import { KAFKA_CLIENTS, type KafkaClient } from "../../runtime/kafka/access";
import { suggestion } from "../../runtime/support/nearest";
import { SynthesisError } from "../../stacks/synthesis/synthesis-error";
import { ssh } from "./commands";
import { groupOf, MACHINES } from "./machines";
import { VmError } from "./problems";
import { roll } from "./roll";
import type { Tools } from "./tools";

/**
 * A new password for a program, with no moment without access: the keeper gives the idle one of its two users a new
 * password and adds it to the secret, the program's machines are made anew and read it, and then the keeper shuts out
 * the user from before.
 */
export const ROTATION_STEPS = ["rotate", "roll", "retire"] as const;
export type RotationStep = (typeof ROTATION_STEPS)[number];

/** What has been reached when a step fails, for whoever must go on. */
const STANDING: Readonly<Record<RotationStep, string>> = {
  rotate: "The program goes on with the user that it has.",
  roll: "Both users work: the one from before and the new one.",
  retire: "The program has its new user; the one from before still works.",
};

/** @throws SynthesisError */
export function clientNamed(word: string | undefined): KafkaClient {
  const client = KAFKA_CLIENTS.find((name) => name === word);
  if (client !== undefined) return client;
  const list = KAFKA_CLIENTS.join(", ");
  if (word === undefined) throw new SynthesisError(`rotate needs a name; allowed: ${list}.`);
  throw new SynthesisError(`Kafka has no client ${word}${suggestion(word, KAFKA_CLIENTS)}; allowed: ${list}.`);
}

/** What is run beside Kafka; the keeper's container has its settings. */
function keeperCommand(step: "rotate" | "retire", client: KafkaClient): string {
  return `sudo docker exec rhythmic-keeper node /app/keeper.cjs --${step} ${client}`;
}

/**
 * @param from the step to begin with, where an earlier run has stopped
 * @throws VmError which says how to go on
 */
export async function rotate(tools: Tools, client: KafkaClient, from: RotationStep): Promise<void> {
  const { environment, gcloud, say } = tools;
  const kafka = groupOf(environment, "kafka");
  const machine = MACHINES.find((name) => name === client);
  const onKafka = (step: "rotate" | "retire") =>
    gcloud.run(ssh(kafka, kafka.keeps ?? kafka.group, keeperCommand(step, client)));
  const work: Readonly<Record<RotationStep, () => Promise<void>>> = {
    rotate: () => onKafka("rotate"),
    roll: async () => {
      if (machine === undefined) say(`${client} runs on no machine: whoever starts it reads the new secret.`);
      else await roll(tools, groupOf(environment, machine));
    },
    retire: () => onKafka("retire"),
  };
  for (const [index, step] of ROTATION_STEPS.entries()) {
    if (index < ROTATION_STEPS.indexOf(from)) continue;
    say(`Step ${index + 1} of ${ROTATION_STEPS.length}: ${step}`);
    try {
      await work[step]();
    } catch (error) {
      if (!(error instanceof VmError)) throw error;
      const goOn = `npm run vm -- rotate ${client} --environment ${environment.name} --from ${step}`;
      throw new VmError(
        `Step ${index + 1} of ${ROTATION_STEPS.length} (${step}) has failed. ${error.message} ${STANDING[step]} ` +
          `Go on with: ${goOn}`,
        { cause: error },
      );
    }
  }
  say(`${client} has a new password, and the one from before opens nothing any more.`);
}
