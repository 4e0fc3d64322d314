// Every example, run as its reader would run it: the route file by the command, the programs as programs.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Evapid, Program, typescriptCommand } from '../cli/evapid.ts'
import { Peer } from '../core/peer.ts'

const path = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
const bus = (routes: string) => new Evapid(['-f', path(routes), '--bind', '127.0.0.1:0'])

function program(name: string, address: string): Program {
  const [command, ...args] = typescriptCommand(path(name))
  return new Program([command, ...args, address])
}

describe('examples', { timeout: 60_000 }, () => {
  test('chat: who is in a room hears what is said in it', async () => {
    await using daemon = bus('chat/routes.ts')
    const address = await daemon.listening()
    await using anna = await Peer.connect(address)
    assert.equal(await anna.next(), '* guest-0 came in')
    await using ben = program('chat/client.ts', address)
    await ben.prints(/^\* guest-1 came in$/m)
    assert.equal(await anna.next(), '* guest-1 came in')

    ben.child.stdin?.write('hello\n')
    await ben.prints(/^<guest-1> hello$/m)
    assert.equal(await anna.next(), '<guest-1> hello')

    ben.child.stdin?.write('/join kitchen\n')
    assert.equal(await anna.next(), '* guest-1 left for kitchen')
    await ben.prints(/^\* guest-1 left for kitchen\n\* guest-1 came in$/m)
    assert.equal(await anna.ask('alone'), '<guest-0> alone')
    assert.equal(await anna.ask('/join kitchen'), '* guest-0 left for kitchen')
    assert.equal(await anna.next(), '* guest-0 came in')
    await ben.prints(/^\* guest-0 came in$/m)
    assert.doesNotMatch(ben.stdout, /alone/)

    ben.child.stdin?.end()
    assert.deepEqual(await ben.ended, { code: 0, signal: null })
    assert.equal(await anna.next(), '* guest-1 is gone')
  })

  test('access-list: who is not on the list is closed at once', async () => {
    await using daemon = bus('access-list/routes.ts')
    const address = await daemon.listening()
    await using welcome = await Peer.connect(address)
    assert.equal(await welcome.ask('hello'), 'hello')

    const stranger = connect({
      host: '127.0.0.1',
      port: Number(address.split(':')[1]),
      localAddress: '127.0.0.2',
    })
    stranger.resume()
    await once(stranger, 'close')
    const { client } = await daemon.logged(/not on the access list/)
    assert.equal(Reflect.get(Object(client), 'address'), '127.0.0.2')
    assert.equal(await welcome.ask('still here'), 'still here')
  })

  test('request-response: every answer finds its question', async () => {
    await using daemon = bus('request-response/routes.ts')
    const address = await daemon.listening()
    await using onlooker = await Peer.connect(address)
    await using responder = program('request-response/responder.ts', address)
    await responder.prints(/^offering sum$/m)
    await using first = program('request-response/requester.ts', address)
    await using second = program('request-response/requester.ts', address)
    for (const requester of [first, second]) {
      assert.deepEqual(await requester.ended, { code: 0, signal: null }, requester.stderr)
      assert.equal(requester.stdout, '1 + 2 = 3\n3 + 4 + 5 = 12\n6 = 6\n')
    }
    // Nobody else has seen any of it; and what is no JSON harms nobody.
    await onlooker.send('no JSON')
    await daemon.logged(/route evapi:message-received failed/)
    await onlooker.send(JSON.stringify({ type: 'offer', service: 'echo' }))
    const question = { type: 'request', service: 'echo', id: 1, body: 'me' }
    assert.equal(
      await onlooker.ask(JSON.stringify(question)),
      JSON.stringify({ ...question, replyTo: 'service-echo' }),
    )
  })
})
