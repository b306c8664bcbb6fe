// The numbers of the queue (RELIABILITY §5), the same for every queue plugin; each has its one name here.

/** What a queue refuses, keeps and for how long. Times in ms. */
export interface QueueLimits {
  /** Tasks of one queue, wherever they are: undelivered, running or delayed. One more is "full". */
  readonly maxDepth: number;
  /** Deliveries without a verdict before a task is poison. */
  readonly maxCrashes: number;
  /** Dead letters of one queue. One more, and the oldest goes. */
  readonly maxDeadLetters: number;
  /** How long a settled and forgotten key is remembered against late duplicates. */
  readonly tombstoneMs: number;
  /** A task says at most this often that it waits. */
  readonly waitingEveryMs: number;
  /** An event that was handed out and not forgotten is handed out again after this. */
  readonly redeliverMs: number;
  /** Keys of one `look`. */
  readonly maxLook: number;
  /** Events of one `events`. */
  readonly maxEvents: number;
  /** Encoded envelope, in bytes. */
  readonly maxEnvelopeBytes: number;
  /** One blob, in bytes. */
  readonly maxBlobBytes: number;
  /** Prompt of the envelope in a dead letter, in bytes. */
  readonly maxLetterPromptBytes: number;
  /** Any message that leaves the queue, in bytes. */
  readonly maxMessageBytes: number;
  /** A report of an agent older than this does not count. */
  readonly reportMs: number;
}

const KIB = 1024;

/** What every queue keeps to unless a test needs it smaller. */
export const QUEUE_LIMITS: QueueLimits = {
  maxDepth: 10_000,
  maxCrashes: 3,
  maxDeadLetters: 1_000,
  tombstoneMs: 3_600_000,
  waitingEveryMs: 5_000,
  redeliverMs: 10_000,
  maxLook: 100,
  maxEvents: 100,
  maxEnvelopeBytes: 2 * KIB * KIB,
  maxBlobBytes: KIB * KIB,
  maxLetterPromptBytes: 64 * KIB,
  maxMessageBytes: KIB,
  reportMs: 45_000,
};

/** The numbers of the journal: per run, and for one encoded event. */
export interface JournalLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxEventBytes: number;
}

/** Beyond these the oldest pieces of model text are merged first. */
export const JOURNAL_LIMITS: JournalLimits = { maxEvents: 10_000, maxBytes: 4 * KIB * KIB, maxEventBytes: 16 * KIB };
