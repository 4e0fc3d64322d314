// Asks for sums, several at a time, and prints each answer beside its question.
// Usage: requester.ts [ADDRESS]

import { connect } from 'evapid/client'
import type { Request, Response } from './protocol.ts'

/** Milliseconds after which an answer is no longer expected: nobody may be there to give it. */
const PATIENCE = 5000

const client = connect(process.argv[2])
const waiting = new Map<number, (body: unknown) => void>()
let lastId = 0

client.on('message', (message) => {
  const { id, body } = JSON.parse(message.text) as Response
  waiting.get(id)?.(body)
  waiting.delete(id)
})

async function request(service: string, body: unknown): Promise<unknown> {
  const message: Request = { type: 'request', service, id: ++lastId, body }
  const { promise, timer } = answerTo(message.id)
  await client.send(JSON.stringify(message))
  return promise.finally(() => clearTimeout(timer))
}

function answerTo(id: number) {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<unknown>((resolve, reject) => {
    waiting.set(id, resolve)
    timer = setTimeout(() => {
      waiting.delete(id)
      reject(new Error(`no answer to request ${id}; is responder.ts running?`))
    }, PATIENCE)
  })
  return { promise, timer }
}

const questions = [[1, 2], [3, 4, 5], [6]]
const answers = await Promise.all(questions.map((numbers) => request('sum', numbers)))
for (const [position, numbers] of questions.entries())
  console.log(`${numbers.join(' + ')} = ${answers[position]}`)
await client.close()
