// What the conformance runner of transactions asks of a server, so that it need not know whether Kamailio or evapid answers.

/** Milliseconds. Lower than anybody would have them, so that a scenario that waits for one is soon over. */
export interface TransactionSettings {
  readonly frTimer: number
  readonly frInvTimer: number
  readonly retrTimer1: number
  readonly retrTimer2: number
}

/** A server that takes SIP requests, and clients of the bus. */
export interface SipServerUnderTest {
  readonly evapiPort: number
  readonly sipPorts: { readonly udp: number; readonly tcp: number }
  /** What the routes have done when the `fences`th message `fence` has been received: see transaction-steps.ts. */
  runs(fences: number): Promise<string[]>
  stop(): Promise<void>
}

export type StartSipServer = (settings: TransactionSettings) => Promise<SipServerUnderTest>
