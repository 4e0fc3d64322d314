// Offers the service `sum`: answers every request with the sum of its numbers.
// Usage: responder.ts [ADDRESS]

import { connect } from 'evapid/client'
import type { Offer, Request, Response } from './protocol.ts'

const client = connect(process.argv[2])

// Said again after every reconnect: the bus forgets a client's tag with its connection.
client.on('connect', () => {
  const offer: Offer = { type: 'offer', service: 'sum' }
  void client.send(JSON.stringify(offer))
  console.log('offering sum')
})

for await (const message of client) {
  const { id, body, replyTo } = JSON.parse(message.text) as Request
  if (!Array.isArray(body) || replyTo === undefined) continue
  const sum = body.reduce((total: number, value) => total + Number(value), 0)
  const response: Response = { type: 'response', id, body: sum, replyTo }
  await client.send(JSON.stringify(response))
}
