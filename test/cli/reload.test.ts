// SIGHUP, as a user sends it: the file is loaded anew, clients stay connected, and a file with mistakes changes nothing.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Peer } from '../core/peer.ts'
import { SipPhone } from '../support/sip-phone.ts'
import { Evapid, Program } from './evapid.ts'
import { NOTIFY_RECEIVER } from './notify-receiver.ts'
import { RouteFiles } from './routefiles.ts'

const LIMIT = { timeout: 120_000 }
const ANY = ['--bind', '127.0.0.1:0']

/** What SIGHUP came to, the nth time: a line of log says so. */
async function reloaded(daemon: Evapid, nth = 1): Promise<void> {
  daemon.child.kill('SIGHUP')
  await daemon.prints(new RegExp(`"reloads":${nth},.*"msg":"reloaded: `), 'stderr')
}

const relaying = (text: string) =>
  `export default { routes: { 'evapi:message-received': (ctx) => ctx.relay('${text} ' + ctx.msg.text) } }`

describe('SIGHUP', LIMIT, () => {
  test('loads the route file anew; clients stay, and their next messages have the new routes', async () => {
    using files = new RouteFiles()
    const file = files.write('routes.ts', relaying('one'))
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using peer = await Peer.connect(await daemon.listening())
    assert.equal(await peer.ask('a'), 'one a')
    files.write('routes.ts', relaying('two'))
    await reloaded(daemon)
    assert.equal(await peer.ask('b'), 'two b')
    files.write('routes.ts', `export default {}`)
    await reloaded(daemon, 2)
    assert.equal(await peer.ask('d'), 'd')
  })

  test('loads what the file imports anew, too; within one load a file runs once', async () => {
    using files = new RouteFiles()
    const part = (text: string) =>
      files.write(
        'part.ts',
        `export const part = { text: '${text}', loads: (globalThis.loads = (globalThis.loads ?? 0) + 1) }`,
      )
    part('one')
    files.write('between.ts', `export { part as again } from './part.ts'`)
    const file = files.write(
      'routes.ts',
      `import { part } from './part.ts'
       import { again } from './between.ts'
       export default { routes: {
         'evapi:message-received': (ctx) => ctx.relay([part.text, part.loads, part === again].join(' ')),
       } }`,
    )
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using peer = await Peer.connect(await daemon.listening())
    assert.equal(await peer.ask('a'), 'one 1 true')
    part('two')
    await reloaded(daemon)
    assert.equal(await peer.ask('b'), 'two 2 true')
  })

  test('with mistakes in the file changes nothing: the log has every one of them', async () => {
    using files = new RouteFiles()
    const file = files.write('routes.ts', relaying('one'))
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using peer = await Peer.connect(await daemon.listening())
    files.write(
      'routes.ts',
      `export default { evapi: { maxClients: -1 }, routes: { 'evapi:mesage-received': () => {} } }`,
    )
    daemon.child.kill('SIGHUP')
    await daemon.logged(/evapi\.maxClients: -1 is not valid/)
    await daemon.prints(/unknown route; did you mean/, 'stderr')
    await daemon.logged(/not reloaded; the configuration of before stays/)
    assert.equal(await peer.ask('a'), 'one a')
    files.write('routes.ts', 'export default {')
    daemon.child.kill('SIGHUP')
    const { msg } = await daemon.logged(/routes\.ts:1:\d+: syntax error/)
    assert.ok(msg.startsWith(file))
    assert.equal(await peer.ask('b'), 'one b')
    files.write('routes.ts', relaying('two'))
    await reloaded(daemon)
    assert.equal(await peer.ask('c'), 'two c')
  })

  test('names what needs a restart, and leaves it as it was; the command line stands over the file', async () => {
    using files = new RouteFiles()
    const file = files.write(
      'routes.ts',
      `export default { evapi: { bindAddr: '127.0.0.1:0', maxMessageSize: 4 } }`,
    )
    await using daemon = new Evapid(['-f', file, '--modparam', 'evapi:busy_poll=0'])
    await using peer = await Peer.connect(await daemon.listening())
    files.write(
      'routes.ts',
      `export default { evapi: { bindAddr: '127.0.0.1:1', maxMessageSize: 9, busyPoll: 1 }, tm: { wtTimer: 1 } }`,
    )
    await reloaded(daemon)
    const line = await daemon.logged(/not in effect before a restart: evapi\.bind_addr, tm\.wt_timer/)
    assert.deepEqual([line['level'], line['needRestart']], ['warn', ['evapi.bind_addr', 'tm.wt_timer']])
    assert.equal(await peer.ask('nine byte'), 'nine byte')
  })

  test('without a file is a reload of what there is', async () => {
    await using daemon = new Evapid(ANY)
    await using peer = await Peer.connect(await daemon.listening())
    await reloaded(daemon)
    assert.equal(await peer.ask('a'), 'a')
  })

  test('sent again and again comes to at most one reload more than is under way', async () => {
    using files = new RouteFiles()
    const file = files.write('routes.ts', relaying('one'))
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using peer = await Peer.connect(await daemon.listening())
    for (let i = 0; i < 20; i += 1) daemon.child.kill('SIGHUP')
    await reloaded(daemon)
    assert.equal(await peer.ask('a'), 'one a')
  })

  test('lets a suspended request end with the old routes, while others have the new ones', async () => {
    using files = new RouteFiles()
    const version = (name: string) =>
      files.write(
        'routes.ts',
        `export default { listen: 'udp:127.0.0.1:0', routes: {
           request: async (ctx) => ctx.reply(200, '${name} ' + (await ctx.ask({})).by),
           'evapi:message-received': (ctx) => ctx.continueFromJson(),
         } }`,
      )
    const file = version('old')
    await using daemon = new Evapid(['-f', file, ...ANY])
    await using application = await Peer.connect(await daemon.listening())
    const [, port = ''] = await daemon.prints(/SIP requests are taken on udp:127\.0\.0\.1:(\d+)/, 'stderr')
    await using phone = await SipPhone.open({ address: '127.0.0.1', port: Number(port) })
    phone.send('OPTIONS')
    const first: object = JSON.parse((await application.next()) ?? '')
    version('new')
    await reloaded(daemon)
    phone.send('OPTIONS')
    const second: object = JSON.parse((await application.next()) ?? '')
    await application.send(JSON.stringify({ ...second, by: 'second' }))
    assert.equal((await phone.reply()).reason, 'new second')
    await application.send(JSON.stringify({ ...first, by: 'first' }))
    assert.equal((await phone.reply()).reason, 'old first')
  })

  test('tells systemd: RELOADING with the time, then READY, also when it is refused', async () => {
    using files = new RouteFiles()
    const file = files.write('routes.ts', relaying('one'))
    const socket = join(files.directory, 'notify')
    await using receiver = new Program(['python3', '-c', NOTIFY_RECEIVER, socket])
    await receiver.prints(/^ready$/m)
    await using daemon = new Evapid(['-f', file, ...ANY], { env: { ...process.env, NOTIFY_SOCKET: socket } })
    await receiver.prints(/^'READY=1\\nSTATUS=listening on/m)
    const before = process.hrtime.bigint() / 1000n
    await reloaded(daemon)
    const [, time = ''] = await receiver.prints(
      /^'RELOADING=1\\nMONOTONIC_USEC=(\d+)'\n'READY=1\\nSTATUS=listening on [^;]*'$/m,
    )
    assert.ok(BigInt(time) >= before && BigInt(time) <= process.hrtime.bigint() / 1000n)
    files.write('routes.ts', 'export default 1')
    daemon.child.kill('SIGHUP')
    await receiver.prints(
      /^'RELOADING=1\\nMONOTONIC_USEC=\d+'\n'READY=1\\nSTATUS=listening on .*; the last reload was refused: see the log'$/m,
    )
  })

  test('that comes while the bus is closing does not keep it', async () => {
    await using daemon = new Evapid(ANY)
    await daemon.listening()
    daemon.child.kill('SIGTERM')
    daemon.child.kill('SIGHUP')
    assert.deepEqual(await daemon.ended, { code: 0, signal: null })
  })
})
