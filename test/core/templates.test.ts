// Templates and pseudo-variables, as a route uses them. What is right and what is wrong was seen in Kamailio 5.6.3.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer, type MessageContext, TemplateError } from '../../src/index.ts'
import { Peer } from './peer.ts'

/** Runs something in a message-received route, on a message that a client on a socket sent. What it throws, fails. */
async function inMessageRoute(
  message: string | Uint8Array,
  use: (ctx: MessageContext) => void,
): Promise<void> {
  let failure: unknown
  await using server = createServer({
    evapi: { bindAddr: '127.0.0.1:0' },
    log: false,
    routes: {
      'evapi:message-received': (ctx) => {
        try {
          use(ctx)
        } catch (error) {
          failure = error
        }
        ctx.relay('done')
      },
    },
  })
  await server.listen()
  await using peer = await Peer.connect(server.address)
  await peer.ask(message)
  if (failure !== undefined) throw failure
}

test('a template expands as in Kamailio', async () => {
  await inMessageRoute('Grüße', (ctx) => {
    const port = String(ctx.client.port)
    const expansions = {
      '': '',
      'plain text': 'plain text',
      'd[$$5]': 'd[$5]',
      $$$$: '$$',
      $null: '<null>',
      'x$(null)y': 'x<null>y',
      $$$null: '$<null>',
      '$null-x $null:x $null (a)': '<null>-x <null>:x <null> (a)',
      'a[$evapi(srcaddr)] p[$(evapi(srcport))] i[$evapi(conidx)]': `a[127.0.0.1] p[${port}] i[0]`,
      'q$evapi(srcaddr)z $(evapi(srcaddr))[0]': 'q127.0.0.1z 127.0.0.1[0]',
      'Ä $evapi(msg)€': 'Ä Grüße€',
    }
    for (const [template, expected] of Object.entries(expansions)) {
      assert.equal(ctx.expand(template), expected, template)
      assert.equal(ctx.expandBytes(template).toString(), expected, template)
    }
  })
})

test('what Kamailio refuses is refused, with a word on what is wrong', async () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    'cost 5$': /\$ must be followed .* write \$\$ for a dollar \(at 6 /,
    'a $ b': /\$ must be followed/,
    '$(': /\$ must be followed/,
    $5: /unknown pseudo-variable \$5/,
    $nope: /unknown pseudo-variable \$nope/,
    '$null.': /unknown pseudo-variable \$null\./,
    $evapy: /unknown pseudo-variable \$evapy; did you mean \$evapi\?/,
    $evapi: /\$evapi needs a name in brackets: srcaddr, srcport, conidx, msg/,
    '$evapi(foo)': /unknown pseudo-variable \$evapi\(foo\); known: srcaddr/,
    '$evapi(SRCADDR)': /did you mean \$evapi\(srcaddr\)\?/,
    '$evapi( srcaddr)': /did you mean \$evapi\(srcaddr\)\?/,
    '$evapi(toString)': /unknown pseudo-variable/,
    '$null(a)': /\$null takes no brackets/,
    '$(evapi(srcaddr)': /not closed/,
    '$evapi(srcaddr': /bracket after \$evapi is not closed/,
    '$(null )': /not closed/,
    '$(evapi(srcaddr){s.lenn})': /unknown transformation \{s\.lenn\}; did you mean \{s\.len\}\?/,
  }
  await inMessageRoute('x', (ctx) => {
    for (const [template, problem] of Object.entries(wrong)) {
      assert.throws(
        () => ctx.expand(template),
        (error) => {
          assert.ok(error instanceof TemplateError, template)
          assert.equal(error.code, 'ERR_TEMPLATE')
          assert.match(error.message, problem)
          return true
        },
      )
    }
  })
})

test('every byte of a message passes a template unharmed', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  await inMessageRoute(bytes, (ctx) => {
    assert.deepEqual(ctx.expandBytes('$evapi(msg)'), bytes)
    assert.deepEqual(
      ctx.expandBytes('ä$evapi(msg)$$'),
      Buffer.concat([Buffer.from('ä'), bytes, Buffer.from('$')]),
    )
  })
})

test('pv() gives text, a number or null, and takes nothing but one pseudo-variable', async () => {
  await inMessageRoute('Grüße', (ctx) => {
    assert.equal(ctx.pv('$evapi(srcaddr)'), '127.0.0.1')
    assert.equal(ctx.pv('$evapi(srcport)'), ctx.client.port)
    assert.equal(ctx.pv('$evapi(conidx)'), 0)
    assert.equal(ctx.pv('$(evapi(msg))'), 'Grüße')
    assert.equal(ctx.pv('$null'), null)
    for (const wrong of ['evapi(msg)', '$evapi(msg) ', '$null$null', '']) {
      assert.throws(() => ctx.pv(wrong), { code: 'ERR_TEMPLATE' }, wrong)
    }
  })
})

test('templates made on the fly do not fill the memory', async () => {
  await inMessageRoute('x', (ctx) => {
    for (let count = 0; count < 5000; count++) assert.equal(ctx.expand(`${count} $evapi(msg)`), `${count} x`)
  })
})
