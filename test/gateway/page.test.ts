// The page in a browser, on a server in this process: what a person sees and does.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freeTcpPort } from '../support/free-port.ts'
import { describePage, Tab } from './browser.ts'

/** A token of scope read. */
const READER = 'sesame-sesame-sesame-sesame-sesame'

describePage('the page', ({ browser, open, start }) => {
  test('loads without a complaint, asks nobody else, and shows who is there', async () => {
    await using bus = await start()
    const client = await bus.join()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    const row = page.locator('#clients-body tr')
    await row.filter({ hasText: `127.0.0.1:${client.port}` }).waitFor()
    assert.match((await row.innerText()).replace(/\s+/g, ' '), /^0 127\.0\.0\.1:\d+ caller/)
    await page.locator('#routes li', { hasText: 'evapi:message-received' }).locator('text=plan').waitFor()
    assert.equal(await page.locator('#bind').innerText(), `EVAPI on ${bus.server.address}`)
    assert.deepEqual(tab.complaints, [])
    const hosts = new Set(tab.requests.map((url) => new URL(url).host))
    assert.deepEqual([...hosts], [bus.server.httpAddress])
  })

  test('follows what changes: rates, clients who come and go', async () => {
    await using bus = await start()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    await page.locator('#clients-empty', { hasText: 'Nobody is connected.' }).waitFor()
    const client = await bus.join()
    await page.locator('#clients-count', { hasText: '1' }).waitFor()
    const sending = setInterval(() => void client.send('tick', 'tock'), 20)
    try {
      const rate = page.locator('.chart', { hasText: 'Messages in' }).locator('.figure')
      await page.waitForFunction((cell) => Number(cell?.textContent) > 0, await rate.elementHandle())
    } finally {
      clearInterval(sending)
    }
    assert.ok(await page.locator('.chart canvas').first().isVisible())
    client.close()
    await page.locator('#clients-empty', { hasText: 'Nobody is connected.' }).waitFor()
  })

  test('sends a message by hand, and says to how many', async () => {
    await using bus = await start()
    const client = await bus.join()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    await page.getByLabel('Message', { exact: true }).fill('hello, grüße')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('#send-outcome', { hasText: 'Sent to 1 client.' }).waitFor()
    await client.untilReceived(Buffer.from('14:hello, grüße,'))
    await page.getByText('Multicast').click()
    await page.getByLabel('Tag', { exact: true }).fill('nobody')
    await page.getByLabel('Message', { exact: true }).press('Control+Enter')
    await page.locator('#send-outcome', { hasText: 'Nobody has that tag.' }).waitFor()
    await page.getByLabel('Tag', { exact: true }).fill('caller')
    await page.getByLabel('Message', { exact: true }).fill('to callers')
    await page.getByLabel('Message', { exact: true }).press('Control+Enter')
    await client.untilReceived('10:to callers,')
  })

  test('closes a client, but not before it has asked', async () => {
    await using bus = await start()
    const client = await bus.join()
    const other = await bus.join()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    const dialog = page.getByRole('dialog', { name: 'Close this client?' })
    await page.getByRole('button', { name: 'Close client 0' }).click()
    assert.match(
      await dialog.innerText(),
      new RegExp(`Client 0, 127.0.0.1 port ${client.port}, tag .caller.`),
    )
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'hidden' })
    assert.equal(client.end, 'open')
    await page.getByRole('button', { name: 'Close client 0' }).click()
    await dialog.getByRole('button', { name: 'Close client' }).click()
    await client.untilEnd()
    assert.equal(other.end, 'open')
    await page.locator('#clients-count', { hasText: '1' }).waitFor()
    await page.locator('#tail-body tr', { hasText: 'closed here, by a route or by hand' }).waitFor()
  })

  test('sorts and filters clients, and does not draw more than it must', async () => {
    await using bus = await start()
    const clients = []
    for (let i = 0; i < 120; i++) clients.push(await bus.join())
    await clients[7]?.send('a', 'b')
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    const rows = page.locator('#clients-body tr')
    await page.locator('#clients-shown', { hasText: 'the first 100 of 120' }).waitFor()
    assert.equal(await rows.count(), 100)
    await page.getByRole('button', { name: 'In', exact: true }).click()
    await rows
      .nth(0)
      .filter({ hasText: `127.0.0.1:${clients[7]?.port}` })
      .waitFor()
    assert.equal(
      await page.getByRole('columnheader', { name: 'In', exact: true }).getAttribute('aria-sort'),
      'descending',
    )
    await page.getByRole('button', { name: /^Show up to/ }).click()
    await page.locator('#clients-shown', { hasText: '120 shown' }).waitFor()
    await page.getByLabel('Filter clients').fill(`:${clients[99]?.port}`)
    await page.locator('#clients-shown', { hasText: '1 shown that fit, of 120' }).waitFor()
  })

  test('shows events as they come, with filter and pause', async () => {
    await using bus = await start()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    const events = page.locator('#tail-body tr')
    // Only once it is followed: before, nobody looks.
    const client = await bus.join()
    await page.waitForFunction(() => document.querySelector('#clients-count')?.textContent === '1')
    await client.send('first <b>bold</b>')
    await events.filter({ hasText: 'first <b>bold</b>' }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await client.send('while it is paused')
    await page.locator('#tail-note', { hasText: 'paused, 1 new' }).waitFor()
    assert.equal(await events.filter({ hasText: 'while it is paused' }).count(), 0)
    await page.getByRole('button', { name: 'Resume' }).click()
    await events.nth(0).filter({ hasText: 'while it is paused' }).waitFor()
    await page.getByLabel('Filter events').fill('apple')
    // The next one that does not fit is not there when one that does is.
    await page.waitForTimeout(400)
    await client.send('a pear', 'an apple')
    await events.nth(0).filter({ hasText: 'an apple' }).waitFor()
    assert.equal(await events.filter({ hasText: 'a pear' }).count(), 0)
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.locator('#tail-empty').waitFor()
  })

  test('says that the daemon is away, keeps what was seen, and comes back by itself', async () => {
    const address = `127.0.0.1:${await freeTcpPort('127.0.0.1')}`
    const first = await start({ gateway: { listen: address } })
    const client = await first.join()
    await using tab = await Tab.open(browser(), address)
    await tab.status('Live')
    const { page } = tab
    const row = page.locator('#clients-body tr', { hasText: `127.0.0.1:${client.port}` })
    await row.waitFor()
    await first[Symbol.asyncDispose]()
    await tab.status('Away')
    const banner = page.getByRole('alert')
    await banner.filter({ hasText: 'The daemon does not answer. What is shown was seen before' }).waitFor()
    assert.ok(await row.isVisible())
    await using second = await start({ gateway: { listen: address } })
    await second.join()
    await tab.status('Live')
    await banner.waitFor({ state: 'hidden' })
    await page.locator('#tail-body tr', { hasText: 'to a daemon that was started meanwhile' }).waitFor()
    await row.waitFor({ state: 'detached' })
    await page.locator('#clients-count', { hasText: '1' }).waitFor()
  })

  test('asks for a token where one is needed, and keeps it for the tab', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'evapid-page-'))
    try {
      const tokenFile = join(directory, 'tokens')
      writeFileSync(tokenFile, `read ${READER} somebody\n`, { mode: 0o600 })
      await using bus = await start({ gateway: { tokenFile } })
      await using tab = await open(bus)
      await useToken(tab)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('has its files once: a browser that has them is told so', async () => {
    await using bus = await start()
    const get = (path: string, headers = {}) => fetch(`http://${bus.server.httpAddress}${path}`, { headers })
    const page = await get('/')
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self';/)
    const etag = page.headers.get('etag') ?? ''
    assert.equal((await get('/', { 'if-none-match': `"other", W/${etag}` })).status, 304)
    assert.equal((await get('/', { 'if-none-match': '"other"' })).status, 200)
    assert.match(await (await get('/page/uplot.js')).text(), /export \{ uPlot as default \}/)
    assert.equal((await get('/page/../../package.json')).status, 404)
    assert.equal((await get('/page/tsconfig.json')).status, 404)
  })
})

/** With a wrong one first. */
async function useToken(tab: Tab): Promise<void> {
  const { page } = tab
  const field = page.getByLabel('Token', { exact: true })
  await field.fill('open, please')
  await field.press('Enter')
  await page.getByText('That token is not the right one.').waitFor()
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'token')
  await field.fill(READER)
  await page.getByRole('button', { name: 'Connect' }).click()
  await tab.status('Live')
  await field.waitFor({ state: 'hidden' })
  // It may only read.
  await page.locator('#send-outcome', { hasText: 'Needs a token of scope publish.' }).waitFor()
  assert.ok(await page.getByRole('button', { name: 'Send' }).isDisabled())
  await page.reload()
  await tab.status('Live')
}
