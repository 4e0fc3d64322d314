// How transactions are to be: what the tm module's parameters say, with its defaults.

/** Parameters of the tm module; times in ms. */
export interface TransactionOptions {
  /** How long a request that is no INVITE may be suspended, or its route under way, until it times out. */
  readonly frTimer: number
  /** The same for an INVITE. */
  readonly frInvTimer: number
  /** Transactions without a final reply; one more is refused with 503. */
  readonly maxTransactions: number
  /** Bytes, roughly, that transactions with a final reply may cost together; above it the oldest are forgotten early. */
  readonly finishedMemory: number
  /** Whether an INVITE gets a 100 as soon as it has a transaction. */
  readonly autoInv100: boolean
  readonly autoInv100Reason: string
  /** T1: when a reply is sent again for the first time. Without an ACK it is sent for 64 times that. */
  readonly retrTimer1: number
  /** T2: the longest time between two retransmissions. */
  readonly retrTimer2: number
  /**
   * How long a transaction is remembered after its final reply, or the ACK, so that retransmissions are answered or absorbed. RFC 3261
   * wants 64*T1 (timer J) and T4 (timer I); Kamailio takes this for both, and so do we: at 50,000 requests/s the 32 s of timer J
   * would be 1.6 million transactions.
   */
  readonly wtTimer: number
}

/** As Kamailio has them, where it has them. */
export const DEFAULT_TRANSACTION_OPTIONS: TransactionOptions = {
  frTimer: 30_000,
  frInvTimer: 120_000,
  maxTransactions: 100_000,
  finishedMemory: 256 * 1024 * 1024,
  autoInv100: true,
  autoInv100Reason: 'trying -- your call is important to us',
  retrTimer1: 500,
  retrTimer2: 4000,
  wtTimer: 5000,
}
