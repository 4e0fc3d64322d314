// What systemd and the daemon say to each other: readiness (sd_notify(3)) and sockets that systemd opened
// (sd_listen_fds(3)). Without systemd, none of this does anything.

import { systemdNotify } from '../dispatcher.ts'

/** The first descriptor that is handed over (SD_LISTEN_FDS_START). */
const FIRST_DESCRIPTOR = 3

/** The listening sockets that were handed over to this process; none without socket activation. */
export function listenDescriptors(env: NodeJS.ProcessEnv, pid: number): readonly number[] {
  // A LISTEN_PID that is not ours: the variables were meant for a parent of this process.
  if (env['LISTEN_PID'] !== String(pid)) return []
  const count = Number(env['LISTEN_FDS'])
  if (!Number.isInteger(count) || count < 1) return []
  return Array.from({ length: count }, (_, position) => FIRST_DESCRIPTOR + position)
}

/** Removes the variables, so that programs a route starts do not take them for theirs. */
export function forgetListenDescriptors(env: NodeJS.ProcessEnv): void {
  delete env['LISTEN_PID']
  delete env['LISTEN_FDS']
  delete env['LISTEN_FDNAMES']
}

/** Tells systemd that the daemon listens, or that it is done with reloading. `status` is for people. */
export function notifyReady(status: string): void {
  systemdNotify(`READY=1\nSTATUS=${status}`)
}

/** Tells systemd that the daemon has begun to reload. The time is what Type=notify-reload knows this reload by. */
export function notifyReloading(): void {
  // Both are CLOCK_MONOTONIC.
  systemdNotify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`)
}

/** Tells systemd that the daemon has begun to shut down. */
export function notifyStopping(): void {
  systemdNotify('STOPPING=1')
}
