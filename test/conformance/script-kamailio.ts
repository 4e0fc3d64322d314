// Kamailio as a server that runs scripts: the topics all together, or a script of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeUdpPort } from '../support/free-port.ts'
import { PATIENCE } from '../support/wire-client.ts'
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

/**
 * What Kamailio has against a file: what it says when it ends because of it; undefined: it takes it. `-c` does not find all that a start
 * does: what is to be refused is started, and what is to be accepted is only looked at, so that it needs no port.
 */
export async function refusalOfKamailio(
  program: string,
  path: string,
  how: 'look' | 'start',
): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'evapid-refusal-'))
  const options = ['-E', '-m', '32', '-M', '16', '-w', directory, '-Y', directory, '-f', path]
  const more = how === 'look' ? ['-c'] : ['-DD', '-l', `udp:${HOST}:${await freeUdpPort(HOST)}`]
  const kamailio = spawn(program, [...options, ...more], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  kamailio.stderr.setEncoding('latin1').on('data', (text: string) => {
    log += text
  })
  const late = setTimeout(() => kamailio.kill('SIGTERM'), PATIENCE)
  const [code] = await once(kamailio, 'close')
  clearTimeout(late)
  await rm(directory, { recursive: true, force: true })
  return code === 0 || code === null ? undefined : log
}
