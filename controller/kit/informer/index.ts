// Objects kept at hand. Outsiders import this file only.
export { type Informer, type InformerParts, startInformer } from "./informer.ts";
export { keyOf, type Store, type StoreChange } from "./store.ts";
