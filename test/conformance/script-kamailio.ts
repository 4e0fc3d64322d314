// Kamailio as a server that runs scripts: the topics all together, or a script of its own.
import { spawnSync } from 'node:child_process'
import { freeUdpPort } from '../support/free-port.ts'
import { launchKamailio, type RunningKamailio } from './kamailio.ts'
import type { ScriptPorts } from './script-topics.ts'
import { HOST } from './server-under-test.ts'

export interface ScriptServer {
  readonly ports: ScriptPorts
  stop(): Promise<void>
}

/** Starts Kamailio with the script that `scriptOf` makes for its ports. */
export async function startScriptKamailio(
  program: string,
  scriptOf: (ports: ScriptPorts) => string,
): Promise<ScriptServer> {
  let sip = 0
  const running: RunningKamailio = await launchKamailio(
    program,
    async (evapi) => {
      sip = await freeUdpPort(HOST)
      return scriptOf({ evapi, sip })
    },
    () => {},
  )
  return { ports: { evapi: running.port, sip }, stop: running.stop }
}

/** Whether Kamailio takes a file, and what it said of it. */
export function checkWithKamailio(program: string, path: string): { accepted: boolean; log: string } {
  const { status, stderr } = spawnSync(program, ['-c', '-E', '-m', '32', '-M', '16', '-f', path], {
    encoding: 'latin1',
  })
  return { accepted: status === 0, log: stderr }
}
