import { expect } from "chai";
import fc from "fast-check";
import type { JsonValue } from "../../../crds/json.ts";
import { systemClock } from "../host/clock.ts";
import { silentLog } from "../host/log.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";
import { readServerEvents, type ServerEvent } from "./serverEvents.ts";
import { argumentsObject, argumentsText, parseArguments, wireToolName } from "./toolArguments.ts";
import { type Vendor, vendorOf } from "./vendor.ts";
import { networkError, refusalError, shownURL } from "./vendorError.ts";

const vendor: Vendor = vendorOf(
  "acme",
  "https://user:pass@acme.example/v1?key=1",
  { apiKey: "very-secret-value" },
  { log: silentLog, fetch, clock: systemClock, secret: () => undefined },
);

describe("arguments of tool calls", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  const cases: Record<string, { text: string; want: JsonValue }> = {
    "nothing is no arguments": { text: "  ", want: {} },
    "JSON is its value": { text: '{"a":[1]}', want: { a: [1] } },
    "half of JSON stays text": { text: '{"a":', want: '{"a":' },
    "brackets in strings do not nest": { text: JSON.stringify({ a: nested(500) }), want: { a: nested(500) } },
    "an escaped quote does not end a string": { text: JSON.stringify({ a: `"${nested(500)}\\` }), want: { a: `"${nested(500)}\\` } },
    "what is too deep stays text": { text: nested(MAX_JSON_DEPTH + 1), want: nested(MAX_JSON_DEPTH + 1) },
  };
  for (const [sentence, { text, want }] of Object.entries(cases)) {
    it(sentence, () => expect(parseArguments(text)).to.deep.equal(want));
  }

  it("any text is a value or stays itself, and goes back as an object", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const args = parseArguments(text);
        expect(JSON.parse(JSON.stringify(argumentsObject(args)))).to.be.an("object");
      }),
    );
  });

  it("a value too deep to be written is named", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(argumentsText(deep)).to.equal("arguments nested deeper than can be written");
    expect([argumentsText(undefined), argumentsText("x"), argumentsText({ a: 1 })]).to.deep.equal(["", "x", '{"a":1}']);
  });

  it("a name is made one that vendors take", () => {
    expect(["t", "a b/c", "", "x".repeat(100)].map(wireToolName)).to.deep.equal(["t", "a_b_c", "unknown", "x".repeat(64)]);
  });
});

describe("errors of vendors", () => {
  const refusal = (text: string): string => refusalError(vendor, { status: 400, text, headers: new Headers() }).message;
  const cases: Record<string, { text: string; want: string }> = {
    "the API's own words": { text: '{"error":{"message":"no such model"}}', want: "no such model" },
    "words of a smaller server": { text: '{"detail":"bad"}', want: "bad" },
    "an error that is a string": { text: '{"error":"bad"}', want: "bad" },
    "plain text": { text: "bad\r\nrequest\u001b[31m", want: "bad request [31m" },
    nothing: { text: "", want: "it gave no reason" },
    "the key, said back": { text: "key very-secret-value is wrong", want: "key [redacted] is wrong" },
  };
  for (const [sentence, { text, want }] of Object.entries(cases)) {
    it(sentence, () => expect(refusal(text)).to.equal(`acme answered 400: ${want}`));
  }

  it("are at most 1 KiB, and no half of a key is left at the cut", () => {
    const message = refusal(`${"x".repeat(885)}very-secret-value`);
    expect(Buffer.byteLength(message)).to.be.at.most(1_024);
    expect(message).to.not.include("very");
  });

  const causes: Record<string, { error: unknown; want: string }> = {
    "a code deep in the causes": {
      error: new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code: "ENOTFOUND" }) }),
      want: "host not found",
    },
    "a code that nobody knows": { error: Object.assign(new Error("x"), { code: "EWEIRD" }), want: "EWEIRD" },
    "no code": { error: new TypeError("fetch failed", { cause: new Error("bad port") }), want: "bad port" },
    "no error": { error: "gone", want: "gone" },
  };
  for (const [sentence, { error, want }] of Object.entries(causes)) {
    it(`name ${sentence}`, () => {
      expect(networkError(vendor, error).message).to.equal(`cannot reach acme at https://acme.example/v1 (${want}); check ACME_BASE_URL`);
    });
  }

  it("show an address without what is secret in it", () => {
    expect(shownURL("https://user:pass@host:8443/a/?key=1#x")).to.equal("https://host:8443/a");
    expect(shownURL("nonsense")).to.equal("an address that is none");
  });
});

describe("readServerEvents", () => {
  const read = async (text: string, isLast: (event: ServerEvent) => boolean = () => false): Promise<ServerEvent[]> => {
    const events: ServerEvent[] = [];
    const response = new Response(text, { headers: { "content-type": "text/event-stream" } });
    for await (const event of readServerEvents(vendor, response, isLast)) events.push(event);
    return events;
  };
  const message = (data: string): ServerEvent => ({ event: "message", data });
  const cases: Record<string, { text: string; want: ServerEvent[] }> = {
    "names and data": { text: "event: a\ndata: 1\n\ndata: 2\n\n", want: [{ event: "a", data: "1" }, message("2")] },
    "several lines of data are one": { text: "data: 1\ndata:2\ndata\n\n", want: [message("1\n2\n")] },
    "only one space goes": { text: "data:  x\n\n", want: [message(" x")] },
    "comments, ids and retries are nothing": { text: ": hi\nid: 1\nretry: 5\n\ndata: x\n\n", want: [message("x")] },
    "every kind of line end": { text: "data: 1\r\n\r\ndata: 2\r\rdata: 3\n\n", want: [message("1"), message("2"), message("3")] },
    "an event without its empty line": { text: "data: x", want: [message("x")] },
    "no events": { text: "\n\n\n", want: [] },
  };
  for (const [sentence, { text, want }] of Object.entries(cases)) {
    it(sentence, async () => expect(await read(text)).to.deep.equal(want));
  }

  it("ends with the last event, whatever follows", async () => {
    expect(await read("data: 1\n\ndata: end\n\ndata: 2\n\n", ({ data }) => data === "end")).to.deep.equal([message("1"), message("end")]);
  });
});
