// Every example, run as its reader would run it: the route file by the command, the programs as programs.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Evapid, Program, typescriptCommand } from '../cli/evapid.ts'
import { Peer } from '../core/peer.ts'
import { SipPhone } from '../support/sip-phone.ts'

const path = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
const bus = (routes: string, ...options: string[]) =>
  new Evapid(['-f', path(routes), '--bind', '127.0.0.1:0', ...options])

function program(name: string, address: string, ...more: string[]): Program {
  const [command, ...args] = typescriptCommand(path(name))
  return new Program([command, ...args, address, ...more])
}

/** The example that takes SIP, on a free port. */
const authService = (...options: string[]) =>
  bus('auth-service/routes.ts', '-l', 'udp:127.0.0.1:0', ...options)

/** Waits until everybody who has connected so far is a client of the bus: those who come later are let in later. */
async function untilAdmitted(daemon: Evapid): Promise<void> {
  await using last = await Peer.connect(await daemon.listening())
  await last.send('no verdict')
  await daemon.logged(/a verdict that nobody waits for/)
}

/** A phone that sends to where the daemon says it takes SIP. */
async function phoneOf(daemon: Evapid): Promise<SipPhone> {
  const { sip } = await daemon.logged(/SIP requests are taken on/)
  return SipPhone.open({ address: '127.0.0.1', port: Number(String(sip).split(':').at(-1)) })
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

  test('auth-service: the application lets everybody in but who is barred', async () => {
    await using daemon = authService()
    await using application = program('auth-service/application.ts', await daemon.listening(), 'mallory')
    await application.prints(/^deciding$/m)
    await untilAdmitted(daemon)
    await using phone = await phoneOf(daemon)

    const invite = phone.send('INVITE')
    const trying = await phone.reply()
    assert.equal(trying.code, 100)
    const allowed = await phone.final()
    assert.deepEqual([allowed.code, allowed.reason], [200, 'OK'])
    assert.deepEqual(allowed.header('Contact'), ['<sip:evapid@127.0.0.1>'])
    phone.follow('ACK', invite, allowed)
    await application.prints(/^allowed INVITE from alice to bob$/m)
    // What ends a call needs nobody's verdict.
    assert.equal((await phone.ask('BYE')).code, 200)
    assert.equal((await phone.ask('CANCEL')).code, 481)

    phone.sendText(phone.compose('OPTIONS').replace('sip:alice@', 'sip:mallory@'))
    const refused = await phone.final()
    assert.deepEqual([refused.code, refused.reason], [403, 'Barred'])
    await application.prints(/^refused OPTIONS from mallory to bob$/m)
    assert.doesNotMatch(application.stdout, /BYE|CANCEL/)
  })

  test('auth-service: without the application there is a 503 at once', async () => {
    await using daemon = authService()
    await using phone = await phoneOf(daemon)
    for (const method of ['OPTIONS', 'INVITE']) {
      const reply = await phone.ask(method)
      assert.deepEqual([reply.code, reply.reason], [503, 'Nobody Decides'])
      assert.deepEqual(reply.header('Retry-After'), ['5'])
    }
  })

  test('auth-service: when nobody decides in time there is a 504, and a late verdict is told', async () => {
    await using daemon = authService('--modparam', 'tm:fr_timer=50', '--modparam', 'tm:fr_inv_timer=50')
    await using silent = await Peer.connect(await daemon.listening())
    await untilAdmitted(daemon)
    await using phone = await phoneOf(daemon)
    for (const method of ['OPTIONS', 'INVITE']) {
      phone.send(method)
      const { index, label } = JSON.parse(String(await silent.next())) as { index: number; label: number }
      const reply = await phone.final()
      assert.deepEqual([reply.code, reply.reason], [504, 'No Decision In Time'])
      await silent.send(JSON.stringify({ index, label, allow: true }))
    }
    // One was untilAdmitted's.
    await daemon.prints(/(a verdict that nobody waits for.*){3}/s, 'stderr')
  })

  test('auth-service: a caller that gives up while the application thinks gets 487', async () => {
    await using daemon = authService()
    await using silent = await Peer.connect(await daemon.listening())
    await untilAdmitted(daemon)
    await using phone = await phoneOf(daemon)
    const invite = phone.send('INVITE')
    await silent.next()
    phone.follow('CANCEL', invite)
    assert.equal((await phone.reply()).code, 100)
    const answers = [await phone.reply(), await phone.reply()]
    assert.deepEqual(answers.map((reply) => `${reply.code} ${reply.header('CSeq')[0]}`).sort(), [
      '200 1 CANCEL',
      '487 1 INVITE',
    ])
    assert.doesNotMatch(daemon.stderr, /failed/)
  })
})
