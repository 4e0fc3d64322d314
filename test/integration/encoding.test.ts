// Data and tags that are made in JavaScript, and what of them is written where: from the first byte of a send chunk to its last,
// over many chunks and turns, in both encodings. Of what a relay means, functions.test.ts knows more.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MessageContext } from '../../src/index.ts'
import { Bus } from '../support/bus.ts'
import { payloads, texts } from '../support/frames.ts'
import { netstring, type WireClient } from '../support/wire-client.ts'

let steps = 0
let asked = 0

/** A bus whose routes do what the test says, by the message's text, and then tell everybody how many steps that makes. */
function busOf(known: Readonly<Record<string, (ctx: MessageContext) => void>>): Promise<Bus> {
  return Bus.start({
    evapi: { maxMessageSize: 4_000_000, sendBufferLimit: 100_000_000 },
    routes: {
      'evapi:message-received': (ctx) => {
        const [step = '', tag] = ctx.msg.text.split(' ')
        if (step === 'tag') ctx.setTag(tag ?? '')
        else known[step]?.(ctx)
        steps += 1
        ctx.relay(`end ${steps}`)
      },
    },
  })
}

/** Has the bus take a step; resolves with what the client has received of it when everybody of `witnesses` has all of it. */
async function ask(
  client: WireClient,
  step: string,
  witnesses: readonly WireClient[] = [],
): Promise<Buffer[]> {
  const before = client.length
  asked += 1
  await client.send(Buffer.from(step))
  for (const witness of [client, ...witnesses]) await witness.untilReceived(netstring(`end ${asked}`))
  return payloads(client.received.subarray(before)).slice(0, -1)
}

const strings = (found: Buffer[]): string[] => found.map(String)

describe('a tag', () => {
  test('means the same in text and in byte strings, over and over, whatever stands between', async () => {
    const tags = ['ärzte', 'Ω', 'tag2', 'tag']
    let turn = 0
    await using bus = await busOf({
      all(ctx) {
        turn += 1
        // The chunk is written anew in each turn: the text over the last turn's tags, before the tag is used again or after.
        if (turn % 2 === 0) ctx.relay('x'.repeat(turn * 1000))
        ctx.multicast(ctx.msg, 'tag')
        if (turn % 2 === 1) ctx.relay('x'.repeat(turn * 1000))
        for (const verb of ['multicast', 'unicast'] as const) {
          for (const tag of tags) {
            ctx[verb](`${verb} ${tag}`, tag)
            ctx[verb](ctx.msg, tag)
            ctx.call(`evapi_${verb}`, `again ${tag}`, tag)
            ctx[verb]('', tag)
            ctx[verb](`${verb} ${tag}`, `${tag}?`)
          }
        }
      },
    })
    const asker = await bus.join()
    const tagged: [string, WireClient][] = []
    for (const tag of tags) tagged.push([tag, await bus.join()])
    const everybody = [asker, ...tagged.map(([, client]) => client)]
    for (const [tag, client] of tagged) await ask(client, `tag ${tag}`, everybody)
    const starts = tagged.map(([, client]) => client.length)
    for (let round = 1; round <= 6; round += 1) await ask(asker, 'all', everybody)
    for (const [at, [tag, client]] of tagged.entries()) {
      const found = strings(payloads(client.received.subarray(starts[at])))
      const each = ['multicast', 'unicast'].flatMap((verb) => [`${verb} ${tag}`, 'all', `again ${tag}`])
      const all = tag === 'tag' ? ['all'] : []
      const expected = [1, 2, 3, 4, 5, 6].flatMap((round) => {
        const text = 'x'.repeat(round * 1000)
        return round % 2 === 0 ? [text, ...all, ...each] : [...all, text, ...each]
      })
      assert.deepEqual(
        found.filter((text) => !text.startsWith('end')),
        expected,
      )
    }
  })

  test('is right in more commands and bytes than fit at a time', async () => {
    const COUNT = 30_000
    await using bus = await busOf({
      many(ctx) {
        for (let at = 0; at < COUNT; at += 1) {
          if (at % 3 === 0) ctx.relay(`to all ${at}`)
          ctx.multicast(at % 2 === 0 ? ctx.msg : `${at}`, at % 1000 === 999 ? 'other' : 'tag')
        }
      },
    })
    const client = await bus.join()
    const other = await bus.join()
    await ask(client, 'tag tag', [other])
    await ask(other, 'tag other', [client])
    const before = other.length
    const found = await ask(client, 'many', [other])
    const expected: string[] = []
    for (let at = 0; at < COUNT; at += 1) {
      if (at % 3 === 0) expected.push(`to all ${at}`)
      if (at % 1000 !== 999) expected.push(at % 2 === 0 ? 'many' : `${at}`)
    }
    assert.deepEqual(strings(found), expected)
    const rest = texts(other.received.subarray(before)).filter((text) => /^\d+$/.test(text))
    assert.deepEqual(
      rest,
      Array.from({ length: COUNT / 1000 }, (_, at) => `${at * 1000 + 999}`),
    )
  })

  test('that has changed reads as it is', async () => {
    const seen: string[] = []
    await using bus = await busOf({
      change(ctx) {
        for (const tag of ['plain', 'ärzte', '', 'Ω']) {
          ctx.setTag(tag)
          seen.push(ctx.client.tag, ctx.client.tag)
        }
        ctx.call('evapi_set_tag', 'Ω2')
        seen.push(ctx.client.tag)
      },
    })
    await ask(await bus.join(), 'change')
    assert.deepEqual(seen, ['plain', 'plain', 'ärzte', 'ärzte', '', '', 'Ω', 'Ω', 'Ω2'])
  })

  test('of 63 bytes is one, of 64 is none, in either encoding', async () => {
    const answers: boolean[] = []
    await using bus = await busOf({
      try(ctx) {
        answers.push(ctx.setTag('ä'.repeat(31)), ctx.multicast('two bytes', 'ä'.repeat(31)))
        answers.push(ctx.setTag('ä'.repeat(32)), ctx.multicast('two bytes', 'ä'.repeat(32)))
        answers.push(ctx.setTag('t'.repeat(63)), ctx.multicast('one byte', 't'.repeat(63)))
        answers.push(ctx.setTag('t'.repeat(64)), ctx.multicast('one byte', 't'.repeat(64)))
      },
    })
    const found = await ask(await bus.join(), 'try')
    assert.deepEqual(answers, [true, true, false, false, true, true, false, false])
    assert.deepEqual(strings(found), ['two bytes', 'one byte'])
  })
})

describe('a text', () => {
  // One, two, three and four bytes a character; a lone surrogate is what UTF-8 has no bytes for.
  const LETTERS = ['x', 'ä', 'Ω', '€', '😀', '\ud800']

  test('is encoded whole wherever its chunk ends, from a few bytes to more than a chunk holds', async () => {
    const sent: string[] = []
    for (const [at, letter] of LETTERS.entries()) {
      for (const size of [1, 1000, 30_000, 87_000, 90_000, 262_143, 300_000])
        sent.push(letter.repeat(size + at))
    }
    await using bus = await busOf({
      relay(ctx) {
        for (const text of sent) ctx.relay(text)
      },
      multicast(ctx) {
        for (const text of sent) {
          ctx.multicast(text, 'tag')
          ctx.multicast(ctx.msg, 'tag')
        }
      },
    })
    const client = await bus.join()
    await ask(client, 'tag tag')
    const expected = sent.map((text) => netstring(Buffer.from(text)))
    for (const step of ['relay', 'multicast']) {
      const before = client.length
      await client.send(step)
      const own = step === 'relay' ? [] : [netstring(step)]
      const all = Buffer.concat(expected.flatMap((text) => [text, ...own]))
      await client.until('all texts', () => client.length >= before + all.length)
      assert.ok(client.received.subarray(before, before + all.length).equals(all), step)
      asked += 1
      await client.untilReceived(netstring(`end ${asked}`), before + all.length)
    }
  })
})
