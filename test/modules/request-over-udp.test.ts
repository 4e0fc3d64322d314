// Variables of requests that come over a socket, read by a route, and answered with: what they say of the way a request came.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer } from '../../src/index.ts'
import { SipPhone } from '../support/sip-phone.ts'

test('a route reads where a request came from and where it came to', async () => {
  await using server = createServer({
    evapi: { bindAddr: '127.0.0.1:0' },
    listen: ['udp:127.0.0.1:0', 'udp:[::1]:0'],
    log: false,
    routes: {
      request: (ctx) => {
        const body = ctx.expand('$si $sp $Ri $Rp $pr $rm $rU $(hdr(X-One)[-1]) $rb')
        ctx.reply(200, 'OK', { body })
      },
    },
  })
  await server.listen()
  for (const address of server.sipAddresses) {
    await using phone = await SipPhone.open(address)
    const lines = ['X-One: first', 'X-One: last']
    const reply = await phone.ask('OPTIONS', { uri: 'sip:carol@example.com', lines, body: 'hello' })
    const host = address.address
    assert.equal(reply.body, `${host} ${phone.port} ${host} ${address.port} udp OPTIONS carol last hello`)
  }
})
