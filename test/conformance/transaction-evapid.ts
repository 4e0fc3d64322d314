// evapid as a server under test with SIP requests: in this process, on free ports, with transaction-steps.ts's language as
// TypeScript routes that call Kamailio's functions by name.
import { createServer, type RequestContext } from '../../src/index.ts'
import { HOST } from './server-under-test.ts'
import type { SipServerUnderTest, TransactionSettings } from './sip-server-under-test.ts'
import { RunTrace } from './transaction-steps.ts'

/** There is one process, and runs do not interleave: a continued route runs inside message-received, which has no steps. */
const PROCESS = 'evapid'

/** Starts evapid and resolves when it accepts clients and requests. */
export async function startSipEvapid(settings: TransactionSettings): Promise<SipServerUnderTest> {
  throw new Error('to come')
}
