import { environmentOf, type SettingsDeclaration, type SettingsInput } from "../../runtime/support/settings";
import { SynthesisError } from "../synthesis/synthesis-error";

/**
 * The settings of a program as the stack gives them, checked as the program itself would.
 * @param path construct path of the program's machine, for the message
 * @throws SynthesisError with the path, naming each setting that is missing or that the program would refuse
 */
export function settingsFor<D extends SettingsDeclaration>(
  path: string,
  declaration: D,
  values: SettingsInput<D>,
): Record<string, string> {
  try {
    return environmentOf(declaration, values);
  } catch (error) {
    throw new SynthesisError(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
