// loadFile(): what `evapid -f` takes, in a program.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { createServer, RouteFileError, ScriptFileError } from '../../src/index.ts'
import { loadFile } from '../../src/load.ts'
import { RouteFiles } from '../cli/routefiles.ts'
import { Peer } from '../core/peer.ts'

const script = (text: string) => `#!KAMAILIO
loadmodule "evapi.so"
modparam("evapi", "bind_addr", "127.0.0.1:0")
event_route[evapi:message-received] { evapi_relay("${text} $evapi(msg)"); }
`

describe('loadFile()', () => {
  test('makes a configuration of a kamailio.cfg, which a server takes, and takes again', async () => {
    using files = new RouteFiles()
    const file = files.write('kamailio.cfg', script('MARK'))
    await using server = createServer({ ...(await loadFile(file, { defines: { MARK: true } })), log: false })
    await server.listen()
    await using peer = await Peer.connect(server.address)
    assert.equal(await peer.ask('a'), 'MARK a')
    files.write('kamailio.cfg', script('two'))
    await server.reload(async () => ({ ...(await loadFile(file)), log: false }))
    assert.equal(await peer.ask('b'), 'two b')
    files.write('kamailio.cfg', script('two').replace('evapi_relay', 'evapi_rely'))
    await assert.rejects(
      server.reload(() => loadFile(file)),
      (error) => error instanceof ScriptFileError && /evapi_rely/.test(error.mistakes[0] ?? ''),
    )
    assert.equal(await peer.ask('c'), 'two c')
    assert.deepEqual([server.stats()['reloads'], server.stats()['reload_failures']], [1, 1])
  })

  test('makes one of a route file, anew each time', async () => {
    using files = new RouteFiles()
    const write = (text: string) =>
      files.write(
        'routes.ts',
        `export default { routes: { 'evapi:message-received': (ctx) => ctx.relay('${text} ' + ctx.msg.text) } }`,
      )
    const file = write('one')
    const load = async () => ({
      ...(await loadFile(file)),
      evapi: { bindAddr: '127.0.0.1:0' },
      log: false as const,
    })
    await using server = createServer(await load())
    await server.listen()
    await using peer = await Peer.connect(server.address)
    assert.equal(await peer.ask('a'), 'one a')
    write('two')
    await server.reload(load)
    assert.equal(await peer.ask('b'), 'two b')
  })

  test('says what is wrong with the file, or with how it is to be loaded', async () => {
    using files = new RouteFiles()
    const routes = files.write('routes.ts', 'export default {}')
    await assert.rejects(loadFile('/no/such/kamailio.cfg'), RouteFileError)
    await assert.rejects(loadFile(files.directory), RouteFileError)
    await assert.rejects(loadFile(routes, { defines: { X: '1' } }), RouteFileError)
    await assert.rejects(loadFile(routes, { allowMissing: true }), RouteFileError)
    await assert.rejects(loadFile(routes, { kemi: 'x.js' }), RouteFileError)
  })

  test('emits warnings as the process does', async () => {
    using files = new RouteFiles()
    const file = files.write('kamailio.cfg', `${script('x')}loadmodule "dialog.so"\n`)
    await assert.rejects(loadFile(file), ScriptFileError)
    const warned = once(process, 'warning') as Promise<[Error]>
    await loadFile(file, { allowMissing: true })
    const [warning] = await warned
    assert.equal(warning.name, 'EvapidWarning')
    assert.match(warning.message, /kamailio\.cfg:5:12: warning: the module dialog is not here/)
  })
})
