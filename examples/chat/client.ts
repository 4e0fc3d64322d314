// Talks to the chat from a terminal: prints what is said, says every line that is typed.
// Usage: client.ts [ADDRESS]

import { createInterface } from 'node:readline'
import { connect } from 'evapid/client'

const client = connect(process.argv[2])

client.on('message', (message) => console.log(message.text))
client.on('reconnecting', () => console.error('no connection; trying again'))
client.on('error', (error) => console.error(error.message))

for await (const line of createInterface({ input: process.stdin })) await client.send(line)
await client.close()
