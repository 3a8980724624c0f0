import type { Clock } from "../../../runtime/generator/clock";

/** A clock that goes on only where somebody sleeps, or a test says so. */
export class FakeClock implements Clock {
  private steady = 0;
  /** What the wall clock shows beyond the steady one. */
  offsetMs: number;
  /** All that was slept for, milliseconds. */
  readonly sleeps: number[] = [];
  /** Called before each sleep. */
  onSleep: (delayMs: number) => void = () => undefined;
  /** How much later than asked a sleep ends, milliseconds: a machine is never exact. */
  oversleepMs: () => number = () => 0;

  constructor(wallMs: number) {
    this.offsetMs = wallMs;
  }

  wallMs(): number {
    return this.steady + this.offsetMs;
  }

  steadyMs(): number {
    return this.steady;
  }

  pass(ms: number): void {
    this.steady += ms;
  }

  async sleep(delayMs: number): Promise<void> {
    if (!(delayMs > 0)) throw new Error(`asked to sleep ${delayMs} ms`);
    this.onSleep(delayMs);
    this.sleeps.push(delayMs);
    this.pass(delayMs + this.oversleepMs());
  }

  async turn(): Promise<void> {
    this.pass(0.01);
  }
}
