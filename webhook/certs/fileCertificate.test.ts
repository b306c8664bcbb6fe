import { webcrypto } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { silentLog } from "../../plugins/sdk/index.ts";
import { type FakeClock, fakeClock } from "../../plugins/sdk/testing/index.ts";
import { makeAuthority, makeLeaf } from "./authority.ts";
import type { CertificateKeeper, CertificatePair } from "./certificateKeeper.ts";
import { fileCertificate } from "./fileCertificate.ts";

describe("a certificate from cert-manager (B21)", () => {
  let folder = "";
  let clock: FakeClock;
  let told: string[];
  let warnings: string[];
  let keeper: CertificateKeeper | undefined;
  let n = 0;

  const aPair = async (): Promise<CertificatePair & { endsAtMs: number }> => {
    const parts = { crypto: webcrypto, nowMs: Date.parse("2026-03-01T00:00:00Z"), lifetimeMs: 3_600_000 };
    return makeLeaf(await makeAuthority(parts), ["ark"], parts);
  };
  /** As a kubelet does it: a new folder, and a link to it put in place of the old link. */
  const mount = ({ cert, key }: CertificatePair): void => {
    const data = path.join(folder, `..data-${++n}`);
    mkdirSync(data);
    writeFileSync(path.join(data, "tls.crt"), cert);
    writeFileSync(path.join(data, "tls.key"), key);
    symlinkSync(data, path.join(folder, "..new"));
    renameSync(path.join(folder, "..new"), path.join(folder, "..data"));
    if (n === 1) for (const file of ["tls.crt", "tls.key"]) symlinkSync(path.join("..data", file), path.join(folder, file));
  };
  const start = async (): Promise<CertificateKeeper> => {
    const log = { ...silentLog, warn: (message: string, fields?: object) => void warnings.push(`${message} ${JSON.stringify(fields)}`) };
    keeper = await fileCertificate({ folder, clock, log, onCertificate: ({ cert }) => void told.push(cert) });
    return keeper;
  };
  /** Reading files takes turns of the event loop that no clock knows of. */
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await clock.advance(1_000);
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "ark-certs-"));
    clock = fakeClock();
    [told, warnings, keeper, n] = [[], [], undefined, 0];
  });
  afterEach(async () => {
    await keeper?.stop();
    rmSync(folder, { recursive: true });
  });

  it("is served as it is found", async () => {
    const pair = await aPair();
    mount(pair);
    const { current, expiresAtMs } = await start().then((made) => ({ current: made.current(), expiresAtMs: made.expiresAtMs() }));
    expect(current).to.deep.equal({ cert: pair.cert, key: pair.key });
    expect(expiresAtMs).to.equal(pair.endsAtMs);
    expect(told).to.deep.equal([pair.cert]);
  });

  it("is followed when the kubelet swaps it", async () => {
    mount(await aPair());
    const made = await start();
    const second = await aPair();
    mount(second);
    await until(() => told.length === 2);
    expect([made.current().cert, told[1]]).to.deep.equal([second.cert, second.cert]);
  });

  it("stays what it was while the files are broken, and says so once", async () => {
    const [first, second] = [await aPair(), await aPair()];
    mount(first);
    const made = await start();
    mount({ cert: second.cert, key: first.key });
    await until(() => warnings.length > 0);
    await clock.advance(20_000);
    expect([made.current().cert, warnings.length]).to.deep.equal([first.cert, 1]);
    expect(warnings[0]).to.contain("tls.key");
    mount(second);
    await until(() => told.length === 2);
  });

  it("is an error when there is none at the start, which names the file", async () => {
    const failure = await start().catch((error: unknown) => error);
    expect(String(failure)).to.match(/cannot read .*tls\.(crt|key) \(ENOENT\); mount the Secret/);
  });

  it("leaves no timer behind", async () => {
    mount(await aPair());
    await (await start()).stop();
    expect(clock.pending()).to.equal(0);
  });
});
