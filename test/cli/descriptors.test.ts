// The limit of descriptors: what a daemon makes of the one it is started with. prlimit(1) sets it, the kernel says what
// it has become.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Peer } from '../core/peer.ts'
import { EVAPID, NO_CALLS, NO_HTTP, Program } from './evapid.ts'
import { RouteFiles } from './routefiles.ts'

const LIMIT = { timeout: 60_000 }
/** What a server needs beside one descriptor a client. */
const SPARE = 1088
const CAP_SYS_RESOURCE = 24n

/** Whether this process, and so its children, may raise hard limits. */
function isPrivileged(): boolean {
  const [, effective = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return ((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) === 1n
}

const PRIVILEGED = isPrivileged()
/** What starts a daemon that may not raise its hard limit, whoever runs the tests. */
const UNPRIVILEGED = PRIVILEGED ? ['setpriv', '--bounding-set=-sys_resource'] : []

class LimitedDaemon extends Program {
  constructor(nofile: string, before: readonly string[], args: readonly string[]) {
    super([
      'prlimit',
      `--nofile=${nofile}`,
      ...before,
      ...EVAPID,
      ...NO_HTTP,
      ...NO_CALLS,
      '--bind',
      '127.0.0.1:0',
      ...args,
    ])
  }

  async listening(): Promise<string> {
    const [, address = ''] = await this.prints(/listening on ([^"\s,]+)/, 'stderr')
    return address
  }

  /** Its limits, soft and hard, as the kernel has them. */
  limits(): (string | undefined)[] {
    const text = readFileSync(`/proc/${this.child.pid}/limits`, 'utf8')
    return /^Max open files\s+(\d+)\s+(\d+)/m.exec(text)?.slice(1) ?? []
  }

  warning(): string | undefined {
    return /^\{"level":"warn".*max_clients.*\}$/m.exec(this.stderr)?.[0]
  }
}

describe('the limit of descriptors', LIMIT, () => {
  test('is told when it is too low for max_clients, with the numbers and what to do', async () => {
    await using daemon = new LimitedDaemon('100:256', UNPRIVILEGED, ['--modparam', 'evapi:max_clients=1000'])
    const address = await daemon.listening()
    const line = JSON.parse(daemon.warning() ?? '{}')
    assert.deepEqual([line.maxClients, line.needed, line.limit], [1000, 1000 + SPARE, 256])
    assert.match(
      line.msg,
      /max_clients=1000 .* 2088 descriptors .* limit is 256.*ulimit -n 2088.*LimitNOFILE=2088/,
    )
    assert.deepEqual(daemon.limits(), ['256', '256'])
    await using peer = await Peer.connect(address)
    assert.equal(await peer.ask('hello'), 'hello')
  })

  test('is not mentioned when it is enough', async () => {
    const nofile = `${10 + SPARE}:${10 + SPARE}`
    await using daemon = new LimitedDaemon(nofile, UNPRIVILEGED, ['--modparam', 'evapi:max_clients=10'])
    await daemon.listening()
    assert.equal(daemon.warning(), undefined)
  })

  test('counts the connections of SIP over TCP', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'sip.mjs',
      `export default { listen: 'tcp:127.0.0.1:0', routes: { request() {} } }`,
    )
    const nofile = `${30 + SPARE - 1}:${30 + SPARE - 1}`
    const parameters = ['--modparam', 'evapi:max_clients=10', '--modparam', 'sip:tcp_max_connections=20']
    await using daemon = new LimitedDaemon(nofile, UNPRIVILEGED, ['-f', file, ...parameters])
    await daemon.listening()
    const line = JSON.parse(daemon.warning() ?? '{}')
    assert.deepEqual([line.tcpMaxConnections, line.needed], [20, 30 + SPARE])
    assert.match(line.msg, /max_clients=10 and tcp_max_connections=20 need up to 1118 descriptors/)
  })

  /** A daemon whose soft limit, which Node raises when it starts, is 100 again when it begins to listen. */
  async function lowered(files: RouteFiles, maxClients: number): Promise<LimitedDaemon> {
    const file = files.write(
      'lower.ts',
      `import { execFileSync } from 'node:child_process'
       execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=100:'])
       export default { evapi: { maxClients: ${maxClients} } }`,
    )
    const daemon = new LimitedDaemon('3000:3000', UNPRIVILEGED, ['-f', file])
    await daemon.listening()
    return daemon
  }

  test('is raised to what max_clients needs', async () => {
    using files = new RouteFiles()
    await using daemon = await lowered(files, 50)
    assert.deepEqual(daemon.limits(), [`${50 + SPARE}`, '3000'])
    assert.equal(daemon.warning(), undefined)
  })

  test('is raised as far as it may be with max_clients=0', async () => {
    using files = new RouteFiles()
    await using daemon = await lowered(files, 0)
    assert.deepEqual(daemon.limits(), ['3000', '3000'])
    assert.equal(daemon.warning(), undefined)
  })

  test('is raised as far as it may be when that is not enough', async () => {
    using files = new RouteFiles()
    await using daemon = await lowered(files, 5000)
    assert.deepEqual(daemon.limits(), ['3000', '3000'])
    assert.match(daemon.warning() ?? '', /limit is 3000/)
  })

  test('is raised above the hard one where that is allowed', {
    skip: !PRIVILEGED && 'needs CAP_SYS_RESOURCE',
  }, async () => {
    await using daemon = new LimitedDaemon('256:256', [], ['--modparam', 'evapi:max_clients=1000'])
    await daemon.listening()
    assert.deepEqual(daemon.limits(), [`${1000 + SPARE}`, `${1000 + SPARE}`])
    assert.equal(daemon.warning(), undefined)
  })
})
