// Where time comes from: the one thing that the timers of transactions ask of the world. Tests have a virtual one.

/** A call that has been asked for. */
export interface Appointment {
  cancel(): void
}

/** A clock and an alarm. */
export interface Clock {
  /** Milliseconds since some moment in the past. Never goes back. */
  now(): number
  /** Calls once, `ms` or a little more from now. */
  after(ms: number, call: () => void): Appointment
}

/**
 * Real time. Its alarms do not keep a process alive: what listens does, and with nothing that listens there is nobody left to
 * answer.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timeout = setTimeout(call, ms)
    timeout.unref()
    return { cancel: () => clearTimeout(timeout) }
  },
}
