/** Key of a recorded reply. */
export interface ReplyKey {
  /** SHA-256 of the request, 64 hexadecimal digits. */
  readonly requestHash: string;
  /** Index among the samples of the request. */
  readonly sample: number;
}

/** Where replies of endpoints are recorded: a file, memory, or the database. */
export interface ReplyStore {
  /** The recorded body; `null` if there is none. */
  getReply(key: ReplyKey): Promise<string | null>;
  /** Records a body. The first one under a key stays. */
  putReply(key: ReplyKey, body: string): Promise<void>;
}
