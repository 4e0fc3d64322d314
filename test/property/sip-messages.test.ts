// Properties of the SIP parser, over valid messages that were mutated and over noise. `npm run fuzz:sip` runs the same for longer.

import { test } from 'node:test'
import fc from 'fast-check'
import { examineMessage, examineStream } from '../sip/examine.ts'
import { anyMessage, SEEDS } from '../sip/mutations.ts'
import { check } from './run.ts'

test('no message makes the parser, the checks, an accessor or a reply throw, and every reply can be read', async () => {
  for (const seed of SEEDS) examineMessage(seed)
  await check(anyMessage, async (text) => examineMessage(text), 2000)
})

test('a stream is cut into the same messages however its bytes arrive', async () => {
  const streams = fc.array(anyMessage, { minLength: 1, maxLength: 4 }).map((messages) => messages.join(''))
  const cuts = fc.array(fc.nat({ max: 0xffff }), { maxLength: 8 })
  await check(fc.tuple(streams, cuts), async ([text, places]) => examineStream(text, places), 1000)
})

test('a stream of whole messages is cut at every single byte without a difference', () => {
  for (const seed of SEEDS) {
    const text = `${seed}\r\n\r\n${seed}`
    examineStream(
      text,
      Array.from({ length: text.length }, (_, at) => at),
    )
  }
})
