// The certificate that the server shows (B21): one of its own, or one from cert-manager.
export { type CertificateKeeper, type CertificatePair, type KeeperParts, keepCertificate } from "./certificateKeeper.ts";
export { type FileCertificateParts, fileCertificate } from "./fileCertificate.ts";
export { CERTIFICATE_LIFETIMES, type CertificateLifetimes } from "./rotation.ts";
export type { TrustPlaceNames } from "./trustPlaces.ts";
