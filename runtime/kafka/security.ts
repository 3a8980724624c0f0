/** TLS to a Kafka whose certificate our own authority has signed, and who we are: by a password or a certificate. */
export interface KafkaSecurity {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  readonly identity:
    | { readonly username: string; readonly password: string }
    | { readonly certificate: string; readonly key: string };
}

/** How Kafka calls a program, for messages; never its password or key. */
export function bearerOf(security: KafkaSecurity | undefined): string {
  if (security === undefined) return "a program without a user";
  const { identity } = security;
  return "username" in identity ? `the user ${identity.username}` : "the certificate of this program";
}
