// What the conformance runner asks of a server, so that it need not know whether Kamailio or evapid answers.
import type { Trace } from './trace.ts'

/**
 * Where the servers listen. Not on IPv6: Kamailio takes the first colon of bind_addr for the port's, and if it listens on
 * a name that means ::1, its $evapi(srcaddr) is garbage.
 */
export const HOST = '127.0.0.1'

/** The parameters a scenario sets; the ones Kamailio does not have are for evapid alone. */
export interface BusSettings {
  readonly maxClients: number
  readonly netstringFormat: 0 | 1
  /** evapid only; Kamailio knows nothing but `discard`. */
  readonly onBadFrame: 'close' | 'discard'
}

/** A server that accepts clients and feeds a trace. */
export interface ServerUnderTest {
  readonly port: number
  readonly trace: Trace
  stop(): Promise<void>
}

/** How the runner gets one; the trace is the server's to feed from its first event on. */
export type StartServer = (settings: BusSettings, trace: Trace) => Promise<ServerUnderTest>
