/**
 * Synthesis stops because something that a person wrote can't be. Apart from the programs' error class, because
 * stacks import nothing of `runtime` but pure values.
 */
export class SynthesisError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SynthesisError";
  }
}

/**
 * The error for a value that is not allowed.
 * @param what what is wrong, as the beginning of a sentence: "RHYTHMIC_ENV"
 * @param given the value found
 * @param allowed what it may be
 */
export function refusal(what: string, given: unknown, allowed: string): SynthesisError {
  return new SynthesisError(`${what} is ${JSON.stringify(given)}; allowed: ${allowed}.`);
}
