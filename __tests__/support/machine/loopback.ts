import { randomInt } from "node:crypto";

/**
 * An address for a machine of its own, so that it can listen at the very ports that the stacks declare while another
 * one does the same. Linux answers at the whole of 127.0.0.0/8 without being told; macOS at 127.0.0.1 alone, which is
 * why tests that boot whole machines need Linux.
 */
export function ownAddress(): string {
  // 127.0.0.x is left to who starts servers by hand.
  return `127.${randomInt(16, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
}
