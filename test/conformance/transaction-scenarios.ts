// The conformance scenarios of transactions: what a phone and an application do, and what each of them and the routes must then have
// seen. Most have one outcome, which both Kamailio 5.6.3 and evapid must come to. Where evapid differs on purpose, the scenario has
// two outcomes and says why, and both are asserted.
//
// `sipp` is a scenario of test/sipp and `words` what its words in braces stand for; steps are transaction-steps.ts's, answers are
// application.ts's. A reply is shown as sip-outcome.ts says, a run of a route as transaction-steps.ts does.
import type { Answers } from './application.ts'
import type { TransactionSettings } from './sip-server-under-test.ts'

/** What a scenario came to. */
export interface TransactionOutcome {
  readonly replies: readonly string[]
  readonly routes: readonly string[]
  readonly application: readonly string[]
}

interface Play {
  readonly name: string
  readonly sipp: 'request' | 'silence' | 'repeated' | 'refused' | 'answered' | 'cancelled'
  readonly words: Readonly<Record<string, string>>
  readonly transport?: 'udp' | 'tcp'
  /** The application's; without, none is connected. */
  readonly answers?: Answers
  readonly settings?: Partial<TransactionSettings>
}
interface Agreement extends Play {
  readonly outcome: TransactionOutcome
}
interface Difference extends Play {
  /** Why evapid does not do what Kamailio does. */
  readonly differs: string
  readonly kamailio: TransactionOutcome
  readonly evapid: TransactionOutcome
}
export type TransactionScenario = Agreement | Difference

const CONTINUE = 'continue~I~L~RESUME'
const TRYING = '100 trying -- your call is important to us (INVITE) -'

/** A probe that waits for the application: when its reply comes, what the application did before it has been done. */
const PROBE = { probe: 'async~probe', proberesume: 'reply~200~probed' }
const PROBED = ['request OPTIONS: async true', 'RESUME OPTIONS: reply true']

export const transactionScenarios: readonly TransactionScenario[] = [
  //@@
]
