import { KafkaJSConnectionError, KafkaJSNonRetriableError } from "kafkajs";
import { kafkaError } from "../../../runtime/kafka/kafkajs-client";
import { describeSocketError, isRefusedForGood, refusalIn } from "../../../runtime/kafka/kafkajs-trust";

/** What the tests on a real broker can't bring about at will. */

const CLIENT = {
  brokers: ["kafka:9092"],
  security: { ca: "not a certificate", identity: { username: "processor-a", password: "open sesame" } },
};

/** As kafkajs makes it; its types leave the words out. */
function authenticationError(words: string): Error {
  const error = new KafkaJSNonRetriableError(`SASL SCRAM SHA512 authentication failed: ${words}`);
  return Object.assign(error, { name: "KafkaJSSASLAuthenticationError" });
}

describe("an error while a user is proved", () => {
  // kafkajs wraps whatever happens meanwhile (kafkajs 2.2.4, src/broker/saslAuthenticator/scram.js).
  const during = authenticationError;

  test.each([
    "Closed connection",
    "Connection closed by the server",
    "Connection error: read ECONNRESET",
    "Not connected",
    "Request SaslAuthenticate(key: 36, version: 1) timed out",
  ])("that is a lost connection (%s) ends no program: Kafka may be starting again", (what) => {
    expect(isRefusedForGood(during(what))).toBe(false);
    expect(kafkaError(during(what), CLIENT, "x")).toMatchObject({ code: "broker_unreachable", retryable: true });
  });

  test("that is Kafka's answer to a wrong password does", () => {
    const answer = "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM";
    expect(isRefusedForGood(during(answer))).toBe(true);
    expect(kafkaError(during(answer), CLIENT, "x")).toMatchObject({ code: "broker_untrusted", retryable: false });
  });

  test("from a server that does not know the password either does: it is not our Kafka", () => {
    expect(isRefusedForGood(during("Invalid server signature in server final message"))).toBe(true);
  });
});

describe("what is wrong with a certificate", () => {
  const at = { host: "kafka", port: 9092 };

  test.each([
    ["CERT_REVOKED", "can't be trusted (CERT_REVOKED)"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "signed by another authority (without a name)"],
    ["CERT_HAS_EXPIRED", "valid until an unknown time"],
  ])("is said where nothing is known but the code %s", (code, words) => {
    const error = Object.assign(new Error("words of OpenSSL"), { code });
    expect(describeSocketError(error, at, CLIENT.security, undefined)).toContain(words);
  });

  test("of the program's own is told apart from a user at the wrong listener", () => {
    const error = Object.assign(new Error("alert 42"), { code: "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE" });
    const keeper = { ca: "", identity: { certificate: "", key: "" } };
    expect(describeSocketError(error, at, keeper, undefined)).toContain(
      "refuses the certificate of this program (bad_certificate)",
    );
    expect(describeSocketError(error, at, CLIENT.security, undefined)).toContain(
      "that listener is for Kafka's administration",
    );
  });

  test("is nothing where the error is about something else", () => {
    for (const code of ["ECONNREFUSED", "ERR_SSL_WRONG_VERSION_NUMBER", undefined]) {
      const error = Object.assign(new Error("words"), { code });
      expect(describeSocketError(error, at, CLIENT.security, undefined)).toBeUndefined();
      expect(refusalIn(new KafkaJSConnectionError("Connection error: words", { code }), CLIENT, "x")).toBeUndefined();
    }
  });
});

test("no sentence holds a password, whatever went wrong", () => {
  const errors = [
    authenticationError("invalid credentials"),
    new KafkaJSConnectionError("Connection error: expired at kafka:9092", { code: "CERT_HAS_EXPIRED" }),
    Object.assign(new Error("refused"), { type: "TOPIC_AUTHORIZATION_FAILED" }),
    Object.assign(new Error("refused"), { type: "ILLEGAL_SASL_STATE" }),
  ];
  for (const error of errors) {
    const refusal = kafkaError(error, CLIENT, "the topic could not be read");
    expect(JSON.stringify([refusal.message, refusal.context])).not.toContain("sesame");
    expect(refusal.message).toContain("kafka:9092");
  }
});
