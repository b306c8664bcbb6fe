import { getEventListeners } from "node:events";
import { expect } from "chai";
import { linkedAbort } from "./linkedAbort.ts";

describe("linkedAbort", () => {
  it("is aborted with the first of its signals, with its reason", () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const { signal } = linkedAbort(a.signal, b.signal);
    b.abort(new Error("b"));
    a.abort(new Error("a"));
    expect(signal.reason).to.have.property("message", "b");
  });
  it("is aborted at once when one is already", () => {
    expect(linkedAbort(new AbortController().signal, AbortSignal.abort(new Error("before"))).signal.reason).to.have.property(
      "message",
      "before",
    );
  });
  it("can be aborted alone", () => {
    const a = new AbortController();
    const own = linkedAbort(a.signal);
    own.abort(new Error("own"));
    expect([own.signal.aborted, a.signal.aborted]).to.deep.equal([true, false]);
  });
  it("leaves nothing behind once it is released, or over", () => {
    const [a, b] = [new AbortController(), new AbortController()];
    linkedAbort(a.signal, b.signal).release();
    linkedAbort(a.signal, b.signal);
    b.abort(new Error("over"));
    expect(getEventListeners(a.signal, "abort")).to.have.length(0);
  });
});
