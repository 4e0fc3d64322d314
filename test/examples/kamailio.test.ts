// The examples for who comes from Kamailio, each as kamailio.cfg and as KEMI script: both are run by the command, and must do the same.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Evapid } from '../cli/evapid.ts'
import { Peer } from '../core/peer.ts'
import { SipPhone } from '../support/sip-phone.ts'

/** What a KEMI script has no words for stands on the command line, as the first lines of each say. */
const EVENTS = ['--modparam', 'evapi:event_callback=ksr_evapi_event']
const SIP = ['-l', 'udp:127.0.0.1:0']

const FORMS: readonly {
  readonly form: string
  readonly options: Readonly<Record<string, readonly string[]>>
}[] = [
  { form: 'cfg', options: { 'billing-bridge': SIP, 'api-router': SIP, 'access-list': [] } },
  {
    form: 'kemi.js',
    options: {
      'billing-bridge': [
        ...[...EVENTS, ...SIP],
        ...['--modparam', 'tm:fr_inv_timer=5000'],
        ...['--modparam', 'htable:htable=engine=>size=4;'],
      ],
      'api-router': [...EVENTS, ...SIP, '--modparam', 'tm:fr_inv_timer=5000'],
      'access-list': [
        ...EVENTS,
        ...['--modparam', 'htable:htable=failures=>size=8;autoexpire=60;initval=0;'],
      ],
    },
  },
]

/** A phone that sends to where the daemon says it takes SIP. */
async function phoneOf(daemon: Evapid): Promise<SipPhone> {
  const { sip } = await daemon.logged(/SIP requests are taken on/)
  return SipPhone.open({ address: '127.0.0.1', port: Number(String(sip).split(':').at(-1)) })
}

for (const { form, options } of FORMS) {
  const start = (name: string, ...more: string[]) => {
    const file = fileURLToPath(new URL(`../../examples/kamailio/${name}.${form}`, import.meta.url))
    return new Evapid(['-f', file, '--bind', '127.0.0.1:0', ...(options[name] ?? []), ...more])
  }

  describe(`examples/kamailio as .${form}`, { timeout: 60_000 }, () => {
    test('billing-bridge: the engine decides about each call, and without it there are none', async () => {
      await using daemon = start('billing-bridge')
      const address = await daemon.listening()
      await using phone = await phoneOf(daemon)
      const refused = await phone.ask('INVITE')
      assert.deepEqual([refused.code, refused.reason], [503, 'Billing Is Not Connected'])

      await using engine = await Peer.connect(address)
      // A second one is sent away; when that has happened, the first has been let in.
      await using second = await Peer.connect(address)
      assert.equal(await second.next(), undefined)

      for (const { credit, expected } of [
        { credit: 120, expected: [200, 'OK', ['120'], ['<sip:media@127.0.0.1>']] },
        { credit: 0, expected: [402, 'No Credit', [], []] },
      ]) {
        const invite = phone.send('INVITE')
        const { tindex, tlabel, ...asked } = JSON.parse(String(await engine.next()))
        assert.deepEqual(asked, { Event: 'AUTH_REQUEST', caller: 'alice', callee: 'bob' })
        await engine.send(JSON.stringify({ Event: 'AUTH_REPLY', tindex, tlabel, credit }))
        const reply = await phone.final()
        assert.deepEqual(
          [reply.code, reply.reason, reply.header('X-Credit'), reply.header('Contact')],
          expected,
        )
        phone.follow('ACK', invite, reply)
      }
      assert.equal((await phone.ask('OPTIONS')).code, 200)
    })

    test('billing-bridge: an engine that does not answer costs the caller a 504', async () => {
      await using daemon = start('billing-bridge', '--modparam', 'tm:fr_inv_timer=50')
      await using engine = await Peer.connect(await daemon.listening())
      await using phone = await phoneOf(daemon)
      await using second = await Peer.connect(await daemon.listening())
      assert.equal(await second.next(), undefined)
      phone.send('INVITE')
      await engine.next()
      const reply = await phone.final()
      assert.deepEqual([reply.code, reply.reason], [504, 'Billing Did Not Answer'])
    })

    test('api-router: the caller is sent to where the application says', async () => {
      await using daemon = start('api-router')
      await using application = await Peer.connect(await daemon.listening())
      await using phone = await phoneOf(daemon)
      const nobody = { tm_trans: { tm_index: 4_000_000, tm_label: 1 } }
      const error = { error: 'no such transaction', tindex: 4_000_000 }
      assert.deepEqual(JSON.parse(String(await application.ask(JSON.stringify(nobody)))), error)

      for (const { targets, expected } of [
        { targets: ['sip:bob@10.0.0.7', 'sip:bob@10.0.0.8'], expected: [302, 'Moved Temporarily'] },
        { targets: [], expected: [404, 'No Route'] },
      ]) {
        const invite = phone.send('INVITE', { callId: `call-${targets.length}` })
        const { tindex, tlabel, ...asked } = JSON.parse(String(await application.next()))
        const callid = `call-${targets.length}`
        assert.deepEqual(asked, { event: 'sip-routing', caller: 'alice', callee: 'bob', callid })
        const routing = { targets: targets.map((uri) => ({ uri })) }
        await application.send(JSON.stringify({ tm_trans: { tm_index: tindex, tm_label: tlabel }, routing }))
        const reply = await phone.final()
        assert.deepEqual([reply.code, reply.reason], expected)
        assert.deepEqual(
          reply.header('Contact'),
          targets.map((uri) => `<${uri}>`),
        )
        phone.follow('ACK', invite, reply)
      }
      assert.equal((await phone.ask('OPTIONS')).code, 200)
      assert.equal((await phone.ask('MESSAGE')).code, 405)
    })

    test('access-list: only who knows the password publishes, and who guesses is shut out', async () => {
      await using daemon = start('access-list')
      const address = await daemon.listening()
      await using publisher = await Peer.connect(address)
      assert.equal(await publisher.ask('hello'), 'login first')
      assert.equal(await publisher.ask('login wrong'), 'refused: 1')
      assert.equal(await publisher.ask('login sesame'), 'welcome')
      await using listener = await Peer.connect(address)
      assert.equal(await listener.ask('let me in'), 'login first')
      assert.equal(await publisher.ask('hello'), 'hello')
      assert.equal(await listener.next(), 'hello')

      await using guesser = await Peer.connect(address)
      assert.equal(await guesser.ask('login a'), 'refused: 2')
      assert.equal(await guesser.ask('login b'), 'refused: 3')
      assert.equal(await guesser.ask('login sesame'), 'too many failures')
      assert.equal(await guesser.next(), undefined)
    })
  })
}
