export { type LoadedPlugin, type LoadedPlugins, type LoaderParts, loadPlugins, type PluginListing } from "./loadPlugins.ts";
export { type RemoteParts, remotePlugin } from "./remotePlugin.ts";
