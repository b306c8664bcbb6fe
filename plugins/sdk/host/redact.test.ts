import { expect } from "chai";
import fc from "fast-check";
import { createRedactor, isSecretName, REDACTED } from "./redact.ts";

const SECRET = 'aZ3?q/8+Xk9_w2=Lm5&Np7 Rt4"Vb6~é';

describe("redact: by value (S15, I10)", () => {
  const writings: Record<string, (secret: string) => string> = {
    "as it is": (secret) => secret,
    "in base64": (secret) => Buffer.from(secret).toString("base64"),
    "in base64 for URLs": (secret) => Buffer.from(secret).toString("base64url"),
    "in base64 behind a user's name": (secret) => Buffer.from(`admin:${secret}`).toString("base64"),
    "in base64 between other bytes": (secret) => Buffer.from(`ab${secret}cd`).toString("base64"),
    "in hex": (secret) => Buffer.from(secret).toString("hex"),
    "in capital hex": (secret) => Buffer.from(secret).toString("hex").toUpperCase(),
    "URL-encoded": encodeURIComponent,
    "as a form has it": (secret) => encodeURIComponent(secret).replaceAll("%20", "+"),
    "JSON-escaped": (secret) => JSON.stringify(secret),
    "JSON in JSON": (secret) => JSON.stringify(JSON.stringify(secret)),
  };
  for (const [sentence, write] of Object.entries(writings)) {
    it(`a registered value is hidden ${sentence}`, () => {
      const redactor = createRedactor();
      redactor.register(SECRET);
      const clean = redactor.known(`before ${write(SECRET)} after`);
      expect(clean)
        .to.include(REDACTED)
        .and.match(/^before /)
        .and.match(/ after$/);
      for (const line of [SECRET, write(SECRET)])
        for (let i = 0; i + 12 <= line.length; i++) expect(clean).not.to.include(line.slice(i, i + 12));
    });
  }

  it("each part of 12 characters of a one-word value is hidden, cut anywhere", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 24, maxLength: 48, unit: fc.constantFrom(...Array.from("abcdefXYZ0123456789-_")) }),
        fc.nat(),
        fc.nat(),
        (secret, from, to) => {
          const redactor = createRedactor();
          redactor.register(secret);
          const start = from % (secret.length - 12);
          const part = secret.slice(start, start + 12 + (to % (secret.length - start - 11)));
          expect(redactor.known(`x ${part} y`)).to.equal(`x ${REDACTED} y`);
        },
      ),
    );
  });

  it("a value with several lines is hidden by its lines; the frame of a key is no secret", () => {
    const redactor = createRedactor();
    redactor.register("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nAQEFAASCBKcwggSjAgEAAoI\n-----END PRIVATE KEY-----\n");
    expect(redactor.known("key MIIEvQIBADANBgkqhkiG9w0 -----BEGIN PRIVATE KEY-----")).to.equal(
      `key ${REDACTED} -----BEGIN PRIVATE KEY-----`,
    );
  });

  it("of a secret URL the path is hidden wherever it stands, the host only with it", () => {
    const redactor = createRedactor();
    redactor.register("https://hooks.example.com/services/T0001/B0002/abcdefXYZ");
    expect(redactor.known("POST /services/T0001/B0002/abcdefXYZ")).to.equal(`POST ${REDACTED}`);
    expect(redactor.known("see https://hooks.example.com/docs")).to.equal("see https://hooks.example.com/docs");
  });

  it("a value of three characters or of spaces is not registered: it would hide ordinary words", () => {
    const redactor = createRedactor();
    for (const secret of ["", "abc", "   \n   "]) redactor.register(secret);
    expect(redactor.text("abc    def")).to.equal("abc    def");
  });

  it("any text without the value stays as it is", () => {
    const redactor = createRedactor();
    redactor.register(SECRET);
    fc.assert(fc.property(fc.string({ maxLength: 11 }), (text) => expect(redactor.known(text)).to.equal(text) !== undefined));
  });

  it("a megabyte is searched in less than a second", () => {
    const redactor = createRedactor();
    for (let i = 0; i < 20; i++) redactor.register(`secret-number-${i}-0123456789abcdef`);
    const started = performance.now();
    redactor.text("://a?".repeat(200_000));
    redactor.text("bearer ".repeat(150_000));
    redactor.text(`://${"a".repeat(1_000_000)}`);
    expect(performance.now() - started).to.be.below(5_000);
  });
});

describe("redact: by look (S16)", () => {
  const redactor = createRedactor();
  const cases: Record<string, { text: string; want: string }> = {
    "an Authorization header": { text: "Authorization: Bearer abc.def-123\r\nHost: x", want: `Authorization: ${REDACTED}\r\nHost: x` },
    "an Authorization field": { text: '{"authorization":"Basic dXNlcjpwYXNz","a":1}', want: `{"authorization":"${REDACTED}","a":1}` },
    "an x-api-key header": { text: "x-api-key: 12345", want: `x-api-key: ${REDACTED}` },
    "a cookie": { text: "Set-Cookie: session=abc; Path=/", want: `Set-Cookie: ${REDACTED}` },
    "a bearer token in a sentence": { text: "sent bearer eyJhbGciOiJIUzI1NiJ9 to it", want: `sent bearer ${REDACTED} to it` },
    "a password in a URL": {
      text: "cannot reach redis://user:p@ss/w@redis.ark:6379/0",
      want: `cannot reach redis://${REDACTED}@ss/w@redis.ark:6379/0`,
    },
    "a user's part of a URL": { text: "redis://:p4ss@redis.ark:6379", want: `redis://${REDACTED}@redis.ark:6379` },
    "a query string": { text: "GET https://a.example/b?key=1&sig=2 failed", want: `GET https://a.example/b?${REDACTED} failed` },
    "a vendor's key": { text: "key sk-proj-abcdefghijklmnop1234 is wrong", want: `key ${REDACTED} is wrong` },
    "ordinary words stay": {
      text: "Basic understanding of cookie: dough, token counts and https://a.example/b",
      want: "Basic understanding of cookie: dough, token counts and https://a.example/b",
    },
  };
  for (const [sentence, { text, want }] of Object.entries(cases)) {
    it(sentence, () => {
      expect(redactor.text(text)).to.equal(want);
    });
  }
});

describe("redact: by name (S15)", () => {
  const names: Record<string, boolean> = {
    password: true,
    REDIS_PASSWORD: true,
    "x-api-key": true,
    apiKey: true,
    OPENAI_API_KEY: true,
    accessToken: true,
    token: true,
    signingSecret: true,
    QUEUE_SIGNING_KEY: true,
    Authorization: true,
    totalTokens: false,
    tokenUsage: false,
    secretName: false,
    key: false,
    idempotencyKey: false,
    message: false,
  };
  for (const [name, want] of Object.entries(names)) {
    it(`${name} ${want ? "holds" : "holds no"} secret`, () => {
      expect(isSecretName(name)).to.equal(want);
    });
  }

  it("an object is copied with its secrets hidden, at any depth", () => {
    const redactor = createRedactor();
    redactor.register("hidden-value-123");
    const value = {
      run: "r1",
      headers: [{ Authorization: "x", accept: "y" }],
      note: "is hidden-value-123",
      apiKey: { a: 1 },
      none: { token: null },
    };
    expect(redactor.value(value)).to.deep.equal({
      run: "r1",
      headers: [{ Authorization: REDACTED, accept: "y" }],
      note: `is ${REDACTED}`,
      apiKey: REDACTED,
      none: { token: null },
    });
  });

  it("what is no plain data becomes a text, and nothing is endless", () => {
    const redactor = createRedactor();
    const loop: Record<string, unknown> = {
      at: new Date(0),
      bytes: new Uint8Array(3),
      map: new Map([["token", "x"]]),
      set: new Set([1]),
      big: 5n,
      f: () => 1,
    };
    loop["self"] = loop;
    expect(redactor.value(loop)).to.deep.equal({
      at: "1970-01-01T00:00:00.000Z",
      bytes: "[3 bytes]",
      map: { token: REDACTED },
      set: [1],
      big: "5",
      f: "[function]",
      self: "[circular]",
    });
    let deep: unknown = "end";
    for (let i = 0; i < 10_000; i++) deep = { deep };
    expect(JSON.stringify(redactor.value(deep)).length).to.be.below(500);
    expect(JSON.stringify(redactor.value(Array.from({ length: 100_000 }, () => 1))).length).to.be.below(10_000);
  });

  it("a field called __proto__ is a field", () => {
    const redactor = createRedactor();
    const copy = redactor.value(JSON.parse('{"__proto__":{"a":1}}'));
    expect(Object.hasOwn(copy as object, "__proto__")).to.equal(true);
    expect(({} as Record<string, unknown>)["a"]).to.equal(undefined);
  });
});
