// A login at an OpenID provider that the kubeconfig keeps (auth-provider `oidc`): its ID token while that lives, then a new one for the
// refresh token. What speaks to the provider is @kubernetes/client-node, which is loaded when the first token has ended: it takes longer
// to load than most commands to run (docs/adr/0006-kubernetes-client.md). The kubeconfig is never written.
import type { RequestOptions } from "node:https";
import { type Clock, createRedactor, errorText } from "../../../plugins/sdk/index.ts";
import type { CredentialSource, Credentials } from "./access.ts";
import { isRecord, textOf } from "./json.ts";
import { type EndingCredentials, keptCredentials } from "./keptCredentials.ts";
import { KubeconfigError } from "./kubeconfig.ts";

/** `users[].user.auth-provider.config`; empty is not there. */
export interface OidcLogin {
  readonly idToken: string;
  readonly refreshToken: string;
  readonly issuer: string;
  readonly clientId: string;
  /** The provider's certificate is from an authority that the kubeconfig names. */
  readonly hasOwnAuthority: boolean;
  /** For messages. */
  readonly origin: string;
}

/** The provider's answer is not waited for longer. */
const TIMEOUT_MS = 30_000;
/** A token that ended in 1970: with it in hand, the library asks for a new one. */
const ENDED_TOKEN = `${Buffer.from("{}").toString("base64url")}.${Buffer.from('{"exp":1}').toString("base64url")}.x`;
const WAY_OUT = "run kubectl once, which renews it, or use an exec plugin such as kubectl-oidc_login";

/** Tokens of a login. `rest` is what the kubeconfig says beside it. Rejects with a KubeconfigError once the login is over. */
export function oidcCredentials(login: OidcLogin, clock: Clock, rest: Credentials = {}): CredentialSource {
  let refreshToken = login.refreshToken;
  let isFileTokenSpent = false;
  const bearer = (idToken: string): EndingCredentials => ({
    credentials: { ...rest, authorization: `Bearer ${idToken}` },
    endsAtMs: endOf(idToken),
  });
  const canRenew = (): boolean => obstacleOf({ ...login, refreshToken }) === undefined;
  return keptCredentials({
    clock,
    canRenew,
    async get() {
      const fromFile = bearer(login.idToken);
      if (!isFileTokenSpent && clock.now() < fromFile.endsAtMs) {
        isFileTokenSpent = true; // whoever asks again has seen its end, or its refusal
        return fromFile;
      }
      const obstacle = obstacleOf({ ...login, refreshToken });
      if (obstacle !== undefined)
        throw new KubeconfigError(
          `${login.origin}: its user's login (auth-provider oidc) has ended and cannot be renewed: ${obstacle}; ${WAY_OUT}`,
        );
      const renewed = await inTime(renew({ ...login, refreshToken }), clock).catch((error: unknown) => {
        const redactor = createRedactor();
        redactor.register(refreshToken);
        throw new KubeconfigError(
          `${login.origin}: ${login.issuer} did not renew its user's login (${errorText(error, { redact: (text) => redactor.text(text) })}); ${WAY_OUT}`,
        );
      });
      refreshToken = renewed.refreshToken || refreshToken; // of those that hold for once only, the next
      return bearer(renewed.idToken);
    },
  });
}

/** Why a login cannot be renewed; undefined when it can. */
function obstacleOf({ refreshToken, issuer, clientId, hasOwnAuthority }: OidcLogin): string | undefined {
  if (refreshToken === "" || issuer === "" || clientId === "") return "it takes refresh-token, client-id and idp-issuer-url";
  // @kubernetes/client-node 2.0.1 answers openid-client 6 with what is no Response whenever an authority is named.
  return hasOwnAuthority ? "its provider has an authority of its own (idp-certificate-authority)" : undefined;
}

/** New tokens for a refresh token. */
async function renew(login: OidcLogin): Promise<{ idToken: string; refreshToken: string }> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const provider: Record<string, unknown> = {
    "id-token": ENDED_TOKEN,
    "refresh-token": login.refreshToken,
    "idp-issuer-url": new URL(login.issuer), // @kubernetes/client-node 2.0.1 hands it on as it is, and openid-client 6 takes no string
    "client-id": login.clientId,
  };
  const config = new KubeConfig();
  // The cluster is not spoken to: it is there because the library keeps users and clusters together.
  config.loadFromClusterAndUser(
    { name: "unused", server: "https://unused.invalid", skipTLSVerify: false },
    { name: "user", authProvider: { name: "oidc", config: provider } },
  );
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const idToken = textOf(provider["id-token"]); // the library writes into what it was given
  if (idToken === "" || idToken === ENDED_TOKEN) throw new Error("it sent no ID token");
  return { idToken, refreshToken: textOf(provider["refresh-token"]) };
}

async function inTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(TIMEOUT_MS, () => reject(new Error(`no answer for ${TIMEOUT_MS / 1_000} s`)));
  });
  return Promise.race([work, late]).finally(() => cancel());
}

/** `exp` of a JSON Web Token, ms since the epoch; the beginning of time when there is none to be read. */
function endOf(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const seconds = isRecord(claims) ? Number(textOf(claims["exp"])) : 0;
    return Number.isFinite(seconds) ? seconds * 1_000 : 0;
  } catch {
    return 0; // what cannot be read is renewed
  }
}
