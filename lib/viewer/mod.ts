/** Local web app that shows runs, search trees and their steps; reads only, loopback only. */
export * from "./api.ts";
export * from "./assets.ts";
export * from "./reader_lease.ts";
export * from "./server.ts";
