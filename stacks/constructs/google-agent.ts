import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

/** Whoever is granted something: a program's account, or an agent of Google's. Grants stand beneath it. */
export interface Grantee extends Construct {
  /** As grants name it: serviceAccount: or group:, and an email address. */
  readonly member: string;
  /** What must be there before a grant can name it. @default nothing */
  readonly resource?: ITerraformDependable;
}

/** An account of Google's own, by which one of its services acts for the project. */
export class GoogleAgent extends Construct implements Grantee {
  constructor(
    scope: Construct,
    id: string,
    readonly member: string,
  ) {
    super(scope, id);
  }
}
