import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject } from "../../crds/index.ts";
import { urlTemplateOf } from "./urlTemplate.ts";

describe("urlTemplateOf (B74, S26)", () => {
  const filled: Record<string, { url: string; args: JsonObject; want: string }> = {
    "an address without holes stays": { url: "https://a.example/x?y=1", args: {}, want: "https://a.example/x?y=1" },
    "a hole in the path is one segment": {
      url: "https://a.example/u/{{ .input.id }}/z",
      args: { id: "a/b?c#d e" },
      want: "https://a.example/u/a%2Fb%3Fc%23d%20e/z",
    },
    "a hole in the query is one value": {
      url: "https://a.example/?q={{.input.q}}&n={{- .input.n -}}",
      args: { q: "a&b=c", n: 3 },
      want: "https://a.example/?q=a%26b%3Dc&n=3",
    },
    "a field may lie deeper": {
      url: "https://a.example/{{ .input.user.id }}",
      args: { user: { id: true } },
      want: "https://a.example/true",
    },
    "half a character is replaced": {
      url: "https://a.example/{{ .input.id }}",
      args: { id: "\uD800" },
      want: "https://a.example/%EF%BF%BD",
    },
    "an empty query value is one": { url: "https://a.example/?q={{ .input.q }}", args: { q: "" }, want: "https://a.example/?q=" },
    "more than dots is a name": { url: "https://a.example/{{ .input.id }}", args: { id: "..." }, want: "https://a.example/..." },
  };
  for (const [sentence, { url, args, want }] of Object.entries(filled)) {
    it(sentence, () => {
      const result = urlTemplateOf(url).fill(args);
      expect("url" in result ? result.url.href : result.fault).to.equal(want);
    });
  }

  const refused: Record<string, { url: string; args: JsonObject; want: RegExp }> = {
    "dots that climb": { url: "https://a.example/a/{{ .input.id }}/b", args: { id: ".." }, want: /climb/ },
    "a dot": { url: "https://a.example/a/{{ .input.id }}", args: { id: "." }, want: /climb/ },
    "dots of two holes": { url: "https://a.example/{{ .input.a }}{{ .input.b }}", args: { a: ".", b: "." }, want: /climb/ },
    "a missing argument": { url: "https://a.example/{{ .input.id }}", args: {}, want: /"id" is part of the address/ },
    "an argument of another kind": { url: "https://a.example/{{ .input.id }}", args: { id: ["x"] }, want: /"id" is part of the address/ },
    "an inherited property": { url: "https://a.example/{{ .input.constructor.name }}", args: {}, want: /constructor.name/ },
    "an empty segment": { url: "https://a.example/{{ .input.id }}", args: { id: "" }, want: /may not be empty/ },
  };
  for (const [sentence, { url, args, want }] of Object.entries(refused)) {
    it(`does not call with ${sentence}`, () => {
      const result = urlTemplateOf(url).fill(args);
      expect("fault" in result ? result.fault : result.url.href).to.match(want);
    });
  }

  const unusable: Record<string, { url: string; want: RegExp }> = {
    "a hole in the host": { url: "https://{{ .input.host }}/x", want: /scheme, host or port/ },
    "a hole in a host's name": { url: "https://a{{ .input.host }}.example/x", want: /scheme, host or port/ },
    "a hole in the port": { url: "https://a.example:{{ .input.port }}/", want: /scheme, host or port/ },
    "a hole that ends the host": { url: "https://a.example{{ .input.x }}", want: /scheme, host or port/ },
    "a hole behind a backslash": { url: "https://a.example\\{{ .input.x }}", want: /scheme, host or port/ },
    "a scheme of its own": { url: "{{ .input.url }}", want: /scheme, host or port/ },
    "a function": { url: "https://a.example/{{ printf .input.id }}", want: /not understood/ },
    "another root": { url: "https://a.example/{{ .steps.x.output }}", want: /not understood/ },
    "an open brace": { url: "https://a.example/{{ .input.id", want: /left open/ },
    "another protocol": { url: "file:///etc/passwd", want: /no http/ },
    "a password": { url: "https://u:p@a.example/", want: /user or password/ },
  };
  for (const [sentence, { url, want }] of Object.entries(unusable)) {
    it(`refuses ${sentence} at start`, () => expect(() => urlTemplateOf(url)).to.throw(want));
  }

  it("never leaves its host, and keeps the number of segments, whatever a model writes", () => {
    const template = urlTemplateOf("https://a.example/u/{{ .input.id }}?q={{ .input.q }}");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (id, q) => {
        const result = template.fill({ id, q });
        if ("fault" in result) return;
        expect(result.url.host).to.equal("a.example");
        expect(result.url.pathname.split("/")).to.have.length(3);
        expect([...result.url.searchParams.keys()]).to.deep.equal(["q"]);
      }),
    );
  });
});
