// The application that decides: lets everybody in but those on its list.
// Usage: application.ts [ADDRESS] [BARRED]...

import { connect } from 'evapid/client'
import type { Question, Verdict } from './protocol.ts'

const [address, ...barred] = process.argv.slice(2)
const client = connect(address)
client.on('connect', () => console.log('deciding'))

for await (const message of client) {
  const { index, label, method, from, to } = JSON.parse(message.text) as Question
  const allow = !barred.includes(from)
  const verdict: Verdict = { index, label, allow, ...(allow ? {} : { reason: 'Barred' }) }
  await client.send(JSON.stringify(verdict))
  console.log(`${allow ? 'allowed' : 'refused'} ${method} from ${from} to ${to}`)
}
