// A certificate that somebody else keeps in a folder: cert-manager, by way of a mounted Secret. Whom clients trust is then theirs to say.
// The files are read again every few seconds: a kubelet swaps a symbolic link under them, which no watch of the files would see.
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Clock, Log } from "../../plugins/sdk/index.ts";
import type { CertificateKeeper, CertificatePair } from "./certificateKeeper.ts";
import { readExpiry } from "./readCertificates.ts";

/** What following files takes. */
export interface FileCertificateParts {
  /** Holds `tls.crt` and `tls.key`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Connections from now on are to get this one: told of the first too. */
  readonly onCertificate: (certificate: CertificatePair) => void;
  readonly signal?: AbortSignal | undefined;
}

const READ_AGAIN_AFTER_MS = 5_000;

/** The certificate in a folder. @throws Error when there is none that can be served */
export async function fileCertificate(parts: FileCertificateParts): Promise<CertificateKeeper> {
  parts.signal?.throwIfAborted();
  const keeper = new FileCertificateKeeper(parts, await read(parts.folder));
  parts.onCertificate(keeper.current());
  return keeper;
}

interface Read extends CertificatePair {
  readonly endsAtMs: number;
}

class FileCertificateKeeper implements CertificateKeeper {
  readonly #parts: FileCertificateParts;
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;
  #current: Read;

  constructor(parts: FileCertificateParts, first: Read) {
    this.#parts = parts;
    this.#current = first;
    this.#loop = this.#follow();
  }

  current(): CertificatePair {
    const { cert, key } = this.#current;
    return { cert, key };
  }

  expiresAtMs(): number {
    return this.#current.endsAtMs;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the certificate's keeper is stopped"));
    await this.#loop;
  }

  async #follow(): Promise<void> {
    const { folder, clock, log, onCertificate } = this.#parts;
    const { signal } = this.#stopping;
    let complaint = "";
    for (;;) {
      await clock.sleep(READ_AGAIN_AFTER_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const found = await read(folder);
        complaint = "";
        if (found.cert === this.#current.cert && found.key === this.#current.key) continue;
        this.#current = found;
        onCertificate(this.current());
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== complaint) log.warn("the certificate cannot be read again; the last one is served", { error: message });
        complaint = message;
      }
    }
  }
}

async function read(folder: string): Promise<Read> {
  const [cert, key] = await Promise.all([textOf(path.join(folder, "tls.crt")), textOf(path.join(folder, "tls.key"))]);
  const endsAtMs = readExpiry(cert, key);
  if (endsAtMs === undefined)
    throw new Error(`${folder}: tls.crt and tls.key are no certificate (PEM) with its key; have them written anew`);
  return { cert, key, endsAtMs };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new Error(`cannot read ${file} (${code}); mount the Secret that cert-manager keeps there`, { cause: error });
  }
}
