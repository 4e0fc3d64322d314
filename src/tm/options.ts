// How transactions are to be: the parameters of the tm module, which is where they are set (src/modules/tm.ts).

import { flag, integer, type ParameterValues, readParameters, string } from '../core/parameters.ts'

/** By the names of modparam. With defaults as Kamailio has them, where it has them. */
export const TRANSACTION_PARAMETERS = {
  fr_timer: integer({
    default: 30_000,
    min: 1,
    live: true,
    doc: 'Milliseconds a request that is no INVITE may be suspended, or with a route, before 408 goes out.',
  }),
  fr_inv_timer: integer({
    default: 120_000,
    min: 1,
    live: true,
    doc: 'The same for an INVITE.',
  }),
  retr_timer1: integer({
    default: 500,
    min: 1,
    doc: 'T1 of RFC 3261: milliseconds before a reply to an INVITE is sent again over UDP; doubles each time.',
  }),
  retr_timer2: integer({
    default: 4_000,
    min: 1,
    live: true,
    doc: 'T2: what it doubles up to, milliseconds.',
  }),
  // RFC 3261 wants 64*T1 (timer J) and T4 (timer I); Kamailio takes this for both, and so do we: at 50,000 requests/s the 32 s of
  // timer J would be 1.6 million transactions.
  wt_timer: integer({
    default: 5_000,
    min: 1,
    doc: 'Milliseconds a transaction stays after its end, so that late retransmissions find its reply.',
  }),
  auto_inv_100: flag({
    default: true,
    live: true,
    doc: 'An INVITE gets a 100 when its transaction is made.',
  }),
  auto_inv_100_reason: string({
    default: 'trying -- your call is important to us',
    expected: 'one line',
    check: (text) => !/[\r\n\0]/.test(text),
    doc: 'The reason phrase of that 100.',
  }),
  max_transactions: integer({
    default: 100_000,
    min: 1,
    max: 10_000_000,
    live: true,
    doc: 'Transactions that may wait for a final reply; a request over it gets 503 with Retry-After.',
  }),
  finished_memory: integer({
    default: 268_435_456,
    min: 1,
    live: true,
    doc: 'Bytes that finished transactions may cost, roughly, while they wait for late retransmissions; above it the oldest are forgotten early.',
  }),
}

/** Their values; times in ms. */
export type TransactionOptions = ParameterValues<typeof TRANSACTION_PARAMETERS>

export const DEFAULT_TRANSACTION_OPTIONS: TransactionOptions = readParameters(
  TRANSACTION_PARAMETERS,
  undefined,
  'tm',
  [],
)
