import { expect } from "chai";
import {
  errorOfAnswer,
  isAlreadyExists,
  isApplyConflict,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isTooManyRequests,
  isUnauthorized,
  isUnavailable,
  isUnknownKind,
  type KubeError,
} from "./kubeError.ts";
import { noAnswerError } from "./noAnswer.ts";
import { pathOf } from "./resource.ts";
import { warningsOf } from "./warnings.ts";

const QUESTIONS = {
  isAlreadyExists,
  isApplyConflict,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isTooManyRequests,
  isUnauthorized,
  isUnavailable,
  isUnknownKind,
};
const answersYes = (error: KubeError): string[] =>
  Object.entries(QUESTIONS)
    .filter(([, ask]) => ask(error))
    .map(([name]) => name);

describe("what an answer of the API server means", () => {
  const answer = (code: number, status: object | string): KubeError => {
    const body = typeof status === "string" ? status : JSON.stringify({ kind: "Status", apiVersion: "v1", code, ...status });
    return errorOfAnswer({ code, body, retryAfterMs: undefined, request: "GET /x" });
  };
  const cases: Record<string, { error: KubeError; want: string[] }> = {
    "an object that is not there": {
      error: answer(404, { reason: "NotFound", details: { name: "a", kind: "arkteams" } }),
      want: ["isNotFound"],
    },
    "a kind that is not there": { error: answer(404, "404 page not found\n"), want: ["isNotFound", "isUnknownKind"] },
    "a name that is taken": { error: answer(409, { reason: "AlreadyExists" }), want: ["isAlreadyExists"] },
    "an object that has changed": { error: answer(409, { reason: "Conflict" }), want: ["isConflict"] },
    "a field of somebody else": {
      error: answer(409, { reason: "Conflict", details: { causes: [{ reason: "FieldManagerConflict", message: "m", field: ".spec" }] } }),
      want: ["isApplyConflict", "isConflict"],
    },
    "a version that is forgotten": { error: answer(410, { reason: "Expired" }), want: ["isGone"] },
    "an invalid object": { error: answer(422, { reason: "Invalid" }), want: ["isInvalid"] },
    "no right to it": { error: answer(403, { reason: "Forbidden" }), want: ["isForbidden"] },
    "nobody known": { error: answer(401, { reason: "Unauthorized" }), want: ["isUnauthorized"] },
    "too much": { error: answer(429, { reason: "TooManyRequests" }), want: ["isTooManyRequests"] },
    "the server's own trouble": { error: answer(500, { reason: "InternalError" }), want: ["isUnavailable"] },
    "a gateway's page": { error: answer(503, "<html>"), want: ["isUnavailable"] },
    "nobody there": {
      error: noAnswerError(Object.assign(new Error(), { code: "ECONNREFUSED" }), { request: "GET /x", server: "https://s", isOver: false }),
      want: ["isUnavailable"],
    },
    "a stranger's certificate": {
      error: noAnswerError(Object.assign(new Error(), { code: "CERT_HAS_EXPIRED" }), {
        request: "GET /x",
        server: "https://s",
        isOver: false,
      }),
      want: [],
    },
  };
  for (const [sentence, { error, want }] of Object.entries(cases)) {
    it(sentence, () => {
      expect(answersYes(error).sort()).to.deep.equal(want);
    });
  }

  it("tells the server's message, its causes and when to come again", () => {
    const causes = [{ field: "spec.roles[0].model", reason: "FieldValueRequired", message: "Required value" }];
    const error = answer(422, {
      reason: "Invalid",
      message: 'arkteams "a" is invalid',
      details: { name: "a", causes, retryAfterSeconds: 2 },
    });
    expect(error).to.deep.include({
      message: 'arkteams "a" is invalid',
      reason: "Invalid",
      code: 422,
      causes,
      retryAfterMs: 2_000,
      objectName: "a",
    });
  });

  it("survives a Status of nonsense", () => {
    const error = answer(500, { message: 7, reason: [], details: { causes: [null, 1, { field: 3 }], retryAfterSeconds: "x" } });
    expect(error).to.deep.include({ message: "GET /x: the API server answered 500", reason: "InternalError" });
    expect(error.causes).to.deep.equal([{ field: "", reason: "", message: "" }]);
  });

  it("finds the code of a host with several addresses", () => {
    const each = Object.assign(new Error("no"), { code: "ECONNREFUSED" });
    const { message } = noAnswerError(new AggregateError([each, each]), { request: "GET /x", server: "https://s", isOver: false });
    expect(message).to.contain("connection refused");
  });
});

describe("paths and headers", () => {
  const pods = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };
  const teams = { group: "arkonis.dev", version: "v1alpha1", plural: "arkteams", kind: "ArkTeam", namespaced: true };
  const nodes = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };
  const cases: Record<string, { path: string; want: string }> = {
    everywhere: { path: pathOf(pods), want: "/api/v1/pods" },
    "a namespace": { path: pathOf(teams, { namespace: "n" }), want: "/apis/arkonis.dev/v1alpha1/namespaces/n/arkteams" },
    "a subresource": { path: pathOf(pods, { namespace: "n", name: "p", subresource: "log" }), want: "/api/v1/namespaces/n/pods/p/log" },
    "a kind without namespaces": { path: pathOf(nodes, { namespace: "n", name: "a" }), want: "/api/v1/nodes/a" },
    "a name that is a path": { path: pathOf(nodes, { name: "../x?y" }), want: "/api/v1/nodes/..%2Fx%3Fy" },
  };
  for (const [sentence, { path, want }] of Object.entries(cases)) {
    it(sentence, () => {
      expect(path).to.equal(want);
    });
  }
  it("a name needs a namespace, and may not be empty or dots, which a URL takes for folders", () => {
    expect(() => pathOf(pods, { name: "p" })).to.throw(TypeError);
    expect(() => pathOf(nodes, { name: "" })).to.throw(TypeError);
    expect(() => pathOf(nodes, { name: ".." })).to.throw(TypeError);
    expect(() => pathOf(pods, { namespace: ".." })).to.throw(TypeError);
  });

  it("warnings are read one by one, their quotes undone", () => {
    expect(warningsOf(['299 - "a \\"b\\", c"', '299 - "d"'])).to.deep.equal(['a "b", c', "d"]);
    expect(warningsOf('299 - "one", 299 k8s "two"')).to.deep.equal(["one", "two"]);
    expect(warningsOf(undefined)).to.deep.equal([]);
  });
});
