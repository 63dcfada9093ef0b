/** The control endpoint of a process that holds a database, and its client. */
export * from "./client.ts";
export * from "./protocol.ts";
export * from "./server.ts";
